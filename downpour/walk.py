"""From the resource file to the closed set of resources: everything that what it names hangs on.

Pure: reads only the inventory.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping

from downpour.errors import Problem, raise_all
from downpour.resources import RESOURCE_TYPES
from downpour.resources.inventory import Inventory
from downpour.resources.model import Key, Options, Resource
from downpour.selection import Entry, Selection
from downpour.text import printable


@dataclasses.dataclass(frozen=True)
class Closure:
    """The resources that an export is about, each after those it needs.

    ``options`` has an item for each resource that the resource file names.
    """

    inventory: Inventory
    resources: tuple[Resource, ...]
    options: Mapping[Key, Options]


def resolve_selection(selection: Selection, inventory: Inventory) -> dict[Key, Options]:
    """Return the identity of everything that the resource file names.

    Raises :class:`DownpourError` with every entry that names nothing, or more than one resource.
    """
    named: dict[Key, Options] = {}
    problems: list[Problem] = []
    for entry in selection.entries:
        place = f"{printable(selection.path)}:{entry.line}"
        candidates = list_candidates(entry, inventory)
        if not candidates:
            problems.append(_say_not_found(place, entry, inventory))
        elif len(candidates) > 1:
            ids = ", ".join(sorted(candidate.id for candidate in candidates))
            problems.append(
                Problem(
                    "ambiguous",
                    place,
                    f"{len(candidates)} resources are {entry.describe()}",
                    f"name one by its id: {ids}",
                )
            )
        else:
            (resource,) = candidates
            options = Options(entry.is_state_saved, entry.key_name)
            if named.setdefault(resource.key, options) != options:
                problems.append(
                    Problem(
                        "contradiction",
                        place,
                        f"{entry.describe()} was named before with other settings",
                        "keep one of the entries",
                    )
                )
    raise_all(problems)
    return named


def _say_not_found(place: str, entry: Entry, inventory: Inventory) -> Problem:
    why = f"there is no {entry.describe()} in the project"
    if entry.type in inventory.unavailable:
        why = f"{why}, or it cannot be seen: {inventory.unavailable[entry.type]}"
    return Problem("not-found", place, why)


def list_candidates(entry: Entry, inventory: Inventory) -> list[Resource]:
    """Return what an entry may mean: the project's own, or else images of other projects."""
    if entry.id is not None:
        resource = inventory.get((entry.type, entry.id))
        listed = [] if resource is None else [resource]
    else:
        listed = inventory.find_by(entry.type, _read_name, entry.name)
    matching = [item for item in listed if entry.name is None or item.name == entry.name]
    owned = [resource for resource in matching if inventory.is_owned(resource)]
    return owned or matching


def _read_name(resource: Resource) -> Iterable[str]:
    return (resource.name,)


def walk_selection(named: Mapping[Key, Options], inventory: Inventory) -> Closure:
    """Return the closure of what is named, by identity."""
    members: dict[Key, Resource] = {}
    waiting = list(named)
    while waiting:
        key = waiting.pop()
        if key in members:
            continue
        resource_type, resource = RESOURCE_TYPES[key[0]], inventory.get(key)
        if resource is None:
            continue
        if not (inventory.is_owned(resource) or resource_type.is_borrowable):
            continue
        members[key] = resource
        options = named.get(key, Options())
        waiting.extend(resource_type.bring_all(resource, options, inventory))
    return Closure(inventory, sort_resources(members), dict(named))


def sort_resources(members: Mapping[Key, Resource]) -> tuple[Resource, ...]:
    """Return resources in the order of creation.

    That is by type; within a type what others of it need comes first, then by name and id.
    """
    order = {type_name: place for place, type_name in enumerate(RESOURCE_TYPES)}
    heights = _measure_heights(members)
    return tuple(
        sorted(
            members.values(),
            key=lambda resource: (
                order[resource.type],
                -heights[resource.key],
                resource.name,
                resource.id,
            ),
        )
    )


def _measure_heights(members: Mapping[Key, Resource]) -> dict[Key, int]:
    """Return how many others of its type hang on each resource, one on the other.

    Resources that need each other in a circle (no cloud makes such) keep the order of their names.
    """
    dependents: dict[Key, list[Key]] = {key: [] for key in members}
    for key, resource in members.items():
        for earlier in RESOURCE_TYPES[resource.type].list_earlier(resource):
            if earlier[0] == resource.type and earlier in dependents:
                dependents[earlier].append(key)
    entered: set[Key] = set()

    @functools.cache
    def measure(key: Key) -> int:
        if key in entered:
            return 0
        entered.add(key)
        return max((1 + measure(dependent) for dependent in dependents[key]), default=0)

    return {key: measure(key) for key in members}
