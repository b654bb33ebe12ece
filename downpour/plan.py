"""From the closed set to what will be done: tasks, bytes and their routes, and what is left behind.

Pure: reads only the closure and its inventory. A plan is a value; rendering prints it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from downpour.resources import RESOURCE_TYPES
from downpour.resources.captures import Capture
from downpour.resources.declaration import ResourceType
from downpour.resources.inventory import Inventory
from downpour.resources.model import (
    DataFile,
    Finding,
    Key,
    Resource,
    SavedFile,
    Severity,
    Task,
    describe_resource,
)
from downpour.resources.scope import Scope
from downpour.walk import Closure


@dataclasses.dataclass(frozen=True)
class Plan:
    """What an export takes and what its playbook does.

    ``resources`` stand in the order of creation, ``documents`` are what the manifest tells of each
    by its identity, ``tasks`` are finished but for what is known only when the bytes are saved.
    """

    resources: tuple[Resource, ...]
    documents: Mapping[Key, Mapping[str, Any]]
    tasks: tuple[Task, ...]
    captures: tuple[Capture, ...]
    findings: tuple[Finding, ...]

    @property
    def size_bytes(self) -> int:
        """Return the most that the captures can take on disk."""
        return sum(capture.size_bytes for capture in self.captures)

    @property
    def has_omissions(self) -> bool:
        """Tell whether something that was asked for is left behind."""
        return any(finding.severity is Severity.OMISSION for finding in self.findings)

    @functools.cached_property
    def captures_by_key(self) -> dict[Key, Capture]:
        """Return how the bytes of each resource that has any are taken."""
        return {capture.resource.key: capture for capture in self.captures}


def group_captures(captures: Iterable[Capture]) -> list[list[Capture]]:
    """Return captures by their group; those of one group are frozen together."""
    groups: dict[str, list[Capture]] = {}
    for capture in captures:
        groups.setdefault(capture.group, []).append(capture)
    return list(groups.values())


def make_plan(closure: Closure) -> Plan:
    """Decide what is carried and how."""
    members = {resource.key: resource for resource in closure.resources}
    scope = Scope(closure.inventory, members, closure.options)
    _find_losses(closure.resources, scope)
    carried = tuple(item for item in closure.resources if scope.is_carried(item.key))
    tasks = tuple(_build_tasks(carried, scope))
    captures = [RESOURCE_TYPES[item.type].capture(item, scope) for item in carried]
    return Plan(
        resources=carried,
        documents={
            item.key: RESOURCE_TYPES[item.type].document(item, closure.inventory)
            for item in carried
        },
        tasks=tasks,
        captures=tuple(capture for capture in captures if capture is not None),
        findings=_sort_findings([*scope.findings, *list_unavailable(closure.inventory)]),
    )


def _find_losses(resources: tuple[Resource, ...], scope: Scope) -> None:
    """Give up what cannot be carried, then what cannot be without it, until nothing changes."""
    has_changed = True
    while has_changed:
        has_changed = False
        for resource in resources:
            if scope.is_lost(resource.key):
                continue
            reasons = list(_list_reasons(resource, scope))
            if reasons:
                scope.lose(resource, reasons)
                has_changed = True


def _list_reasons(resource: Resource, scope: Scope) -> Iterator[str]:
    """Yield why a resource cannot be carried at all."""
    resource_type = RESOURCE_TYPES[resource.type]
    yield from resource_type.refuse(resource, scope)
    for key in resource_type.list_vital(resource):
        if scope.is_lost(key):
            needed = describe_resource(scope.members[key])
            yield f"cannot be carried: its {needed} cannot be"
        elif not scope.is_member(key) and RESOURCE_TYPES[key[0]].choose is None:
            yield f"cannot be carried: its {key[0]} {key[1]} is not the project's own"
    owner = resource_type.owner(resource)
    if owner is not None and scope.is_lost(owner):
        yield f"is left out with its {describe_resource(scope.members[owner])}"


def _build_tasks(carried: tuple[Resource, ...], scope: Scope) -> Iterator[Task]:
    """Yield all tasks, those of one file together, in the order of execution."""
    of_type: dict[str, list[Resource]] = {}
    for resource in carried:
        of_type.setdefault(resource.type, []).append(resource)
    tasks: list[Task] = []
    for name, resources in of_type.items():
        resource_type = RESOURCE_TYPES[name]
        for resource in resources:
            tasks.extend(resource_type.build_tasks(resource, scope))
        for resource in resources:
            tasks.extend(resource_type.complete(resource, scope))
        tasks.extend(_build_wait(resource_type, resources, scope))
    files = [resource_type.task_file for resource_type in RESOURCE_TYPES.values()]
    return iter(sorted(tasks, key=lambda task: files.index(task.file)))


def _build_wait(
    resource_type: ResourceType, resources: list[Resource], scope: Scope
) -> Iterator[Task]:
    wait = resource_type.wait
    if wait is not None:
        described = [wait.describe(resource, scope) for resource in resources]
        yield Task(wait.what, wait.module, {wait.argument: described}, resource_type.task_file)


def list_unavailable(inventory: Inventory) -> Iterator[Finding]:
    """Yield a note for each kind of resource that the cloud does not have, or does not show."""
    for name, why in inventory.unavailable.items():
        yield Finding(Severity.NOTE, name, "", "", f"none of them can be seen: {why}")


def complete_findings(plan: Plan, saved: Mapping[Key, DataFile]) -> tuple[Finding, ...]:
    """Return the plan's findings and what turned out to be lost when the bytes were saved."""
    findings = list(plan.findings)
    carried = {resource.key for resource in plan.resources}
    for task in plan.tasks:
        for argument in task.arguments.values():
            if isinstance(argument, SavedFile) and task.subject is not None:
                findings.extend(_list_lost_references(argument, task.subject, saved, carried))
    return _sort_findings(findings)


def _list_lost_references(
    argument: SavedFile, subject: Resource, saved: Mapping[Key, DataFile], carried: set[Key]
) -> Iterator[Finding]:
    for name, type_name in argument.references:
        value = saved[argument.key].properties.get(name)
        if value and (type_name, value) not in carried:
            reason = f"its {name} is left out: no such {type_name} is carried"
            yield Finding(Severity.OMISSION, *subject.key, subject.name, reason)


def _sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    order = {type_name: place for place, type_name in enumerate(RESOURCE_TYPES)}
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda finding: (
                finding.severity is not Severity.OMISSION,
                order.get(finding.type, len(order)),
                finding.type,
                finding.name,
                finding.id,
                finding.reason,
            ),
        )
    )
