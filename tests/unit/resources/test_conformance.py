"""What holds for every resource type on the exporter's side, whatever it declares.

One tenant has everything set that the types know. The tests take away, one at a time, what its
tasks refer to, and compare what is told with what is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from downpour.plan import Plan
from downpour.resources import RESOURCE_TYPES
from downpour.resources.model import Key, Reference, Severity, Task
from tests.unit.full_tenant import make_full_tenant
from tests.unit.tenant import OTHER_PROJECT, Tenant

CREATED = [name for name, item in RESOURCE_TYPES.items() if item.module]


def list_references(value: Any) -> Iterator[Reference]:
    """Every reference at any depth of an argument."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from list_references(item)
    elif isinstance(value, list):
        for item in value:
            yield from list_references(item)


def list_links(plan: Plan) -> set[tuple[Key, Key]]:
    """Each resource whose tasks refer to another one, with that other one."""
    return {
        (task.subject.key, reference.key)
        for task in plan.tasks
        if task.subject is not None
        for reference in list_references(task.arguments)
        if reference.key != task.subject.key
    }


def find_told(plan: Plan, severity: Severity = Severity.OMISSION) -> set[tuple[Key, str]]:
    """What is told of which resource."""
    return {
        ((finding.type, finding.id), finding.reason)
        for finding in plan.findings
        if finding.severity is severity
    }


def find_tasks(plan: Plan, key: Key) -> list[Task]:
    """The tasks about a resource."""
    return [task for task in plan.tasks if task.subject is not None and task.subject.key == key]


def hide(tenant: Tenant, key: Key) -> None:
    """Let a resource be invisible to the project."""
    listing = tenant.listings[RESOURCE_TYPES[key[0]].listing.name]
    listing[:] = [document for document in listing if document["id"] != key[1]]


def give_away(tenant: Tenant, key: Key) -> None:
    """Let a resource belong to another project."""
    for document in tenant.listings[RESOURCE_TYPES[key[0]].listing.name]:
        if document["id"] == key[1]:
            document.update(project_id=OTHER_PROJECT, owner=OTHER_PROJECT)


def break_it(tenant: Tenant, key: Key) -> None:
    """Let a resource be in a state in which it cannot be carried."""
    for document in tenant.listings[RESOURCE_TYPES[key[0]].listing.name]:
        if document["id"] == key[1]:
            document["status"] = "ERROR" if key[0] == "server" else "error"


FULL, NAMED = make_full_tenant()
LINKS = sorted(list_links(FULL.plan(*NAMED)))


def test_the_tenant_has_every_type() -> None:
    """Each type is carried and refers, or is referred to, so the tests below leave none out."""
    plan = FULL.plan(*NAMED)
    assert {resource.type for resource in plan.resources} == set(CREATED)
    linked = {key[0] for link in LINKS for key in link}
    assert linked == set(CREATED)


@pytest.mark.parametrize("harm", [hide, give_away, break_it], ids=lambda harm: harm.__name__)
@pytest.mark.parametrize(
    ("user", "used"), LINKS, ids=lambda key: f"{key[0]}-{key[1][:8]}".replace(" ", "_")
)
def test_what_is_lost_is_told(user: Key, used: Key, harm: Any) -> None:
    """Where a reference disappears, or the resource that had it, somebody says so.

    A need that is not carried either loses the resource, or what is told of it is more than before.
    """
    tenant, named = make_full_tenant()
    before = tenant.plan(*named)
    harm(tenant, used)
    if not any(key == used for key in named) or harm is break_it:
        after = tenant.plan(*named)
        if (user, used) in list_links(after):
            assert used in {resource.key for resource in after.resources}
            return
        news = find_told(after) - find_told(before)
        replaced = {
            source
            for task in find_tasks(after, user)
            for source in list_choices(task.arguments)
            if source == used[1]
        }
        is_reached = user in {resource.key for resource in tenant.walk(*named).resources}
        # What is not reached any more is told by what it was reached from.
        told = {key for key, _ in news if key == user or not is_reached}
        assert replaced or told, after.findings


def list_choices(value: Any) -> Iterator[str]:
    """The sources of all choices in ``destination.yml`` at any depth of an argument."""
    if isinstance(value, dict):
        for item in value.values():
            yield from list_choices(item)
    elif isinstance(value, list):
        for item in value:
            yield from list_choices(item)
    elif hasattr(value, "section"):
        yield value.source


@pytest.mark.parametrize("name", CREATED)
def test_nothing_refers_to_what_is_not_made(name: str) -> None:
    """However many resources of a type cannot be carried, no task refers to one of them."""
    tenant, named = make_full_tenant()
    keys = [key for key in {key for link in LINKS for key in link} if key[0] == name]
    for key in keys:
        break_it(tenant, key)
    plan = tenant.plan(*named)
    made = {resource.key for resource in plan.resources}
    for user, used in list_links(plan):
        assert {user, used} <= made
    lost = set(keys) - made
    assert lost <= {key for key, _ in find_told(plan)}


@pytest.mark.parametrize("name", CREATED)
def test_what_is_dropped_is_told(name: str) -> None:
    """Each attribute that is declared as dropped is told when it is set, with its name."""
    for attribute in RESOURCE_TYPES[name].dropped:
        tenant, named = make_full_tenant()
        documents = tenant.listings[RESOURCE_TYPES[name].listing.name]
        kept = {resource.id for resource in tenant.plan(*named).resources if resource.type == name}
        for document in documents:
            if document["id"] in kept:
                document[attribute] = "set"
        plan = tenant.plan(*named)
        if attribute == "router:external":
            # Such a network is the operator's, and is chosen instead.
            continue
        told = [reason for key, reason in find_told(plan) if key[0] == name]
        assert any(reason.startswith(f"{attribute} is left out") for reason in told), attribute
