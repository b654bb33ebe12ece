"""From the resource file to the closed set of resources: everything that what it names hangs on.

Pure: reads only the inventory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from downpour.errors import Problem, raise_all
from downpour.resources.inventory import Inventory
from downpour.resources.model import Finding, Key, Options, Resource
from downpour.resources.server import get_image_id
from downpour.selection import Entry, Selection
from downpour.text import printable, quoted


@dataclasses.dataclass(frozen=True)
class Closure:
    """The resources to carry, each after those it needs, and what was found on the way.

    ``options`` has an item for each resource that the resource file names.
    """

    inventory: Inventory
    resources: tuple[Resource, ...]
    options: Mapping[Key, Options]
    findings: tuple[Finding, ...]

    def options_for(self, resource: Resource) -> Options:
        """Return what the resource file says about a resource, or the defaults."""
        return self.options.get(resource.key, Options())


def resolve_selection(selection: Selection, inventory: Inventory) -> dict[Key, Options]:
    """Return the identity of everything that the resource file names.

    Raises :class:`DownpourError` with every entry that names nothing, or more than one resource.
    """
    found: dict[Key, Options] = {}
    problems: list[Problem] = []
    for entry in selection.entries:
        place = f"{printable(selection.path)}:{entry.line}"
        candidates = find_candidates(entry, inventory)
        if not candidates:
            problems.append(
                Problem("not-found", place, f"there is no {entry.describe()} in the project")
            )
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
            if found.setdefault(resource.key, options) != options:
                problems.append(
                    Problem(
                        "contradiction",
                        place,
                        f"{entry.describe()} was named before with other settings",
                        "keep one of the entries",
                    )
                )
    raise_all(problems)
    return found


def find_candidates(entry: Entry, inventory: Inventory) -> list[Resource]:
    """Return what an entry may mean: the project's own, or else images of other projects."""
    resources = inventory.read_type(entry.type).values()
    matching = [
        resource
        for resource in resources
        if (entry.id is None or resource.id == entry.id)
        and (entry.name is None or resource.name == entry.name)
    ]
    owned = [resource for resource in matching if inventory.is_owned(resource)]
    return owned or matching


def walk_selection(named: Mapping[Key, Options], inventory: Inventory) -> Closure:
    """Return the closure of what is named, by identity."""
    members: dict[Key, Resource] = {}
    waiting = list(named)
    while waiting:
        key = waiting.pop()
        if key in members:
            continue
        resource = inventory.get(key)
        if resource is None or not (inventory.is_owned(resource) or key[0] == "image"):
            continue
        members[key] = resource
        waiting.extend(inventory.types[resource.type].bring_all(resource, inventory))
        waiting.extend(_bring_by_options(resource, named.get(key, Options()), inventory))
    resources = sort_resources(members.values(), inventory)
    findings = tuple(
        finding
        for resource in resources
        for finding in inventory.types[resource.type].find_all(resource, inventory)
    )
    return Closure(inventory, resources, dict(named), findings)


def _bring_by_options(resource: Resource, options: Options, inventory: Inventory) -> Iterable[Key]:
    """Yield what comes along because of the resource file: another keypair, the base image."""
    if resource.type != "server":
        return
    if options.key_name and inventory.get(("keypair", options.key_name)):
        yield ("keypair", options.key_name)
    image_id = get_image_id(resource)
    if image_id and not options.is_state_saved and inventory.get(("image", image_id)):
        yield ("image", image_id)


def sort_resources(resources: Iterable[Resource], inventory: Inventory) -> tuple[Resource, ...]:
    """Return resources in the order of creation: by type, kernels first, then by name and id."""
    order = {type_name: place for place, type_name in enumerate(inventory.types)}
    listed = list(resources)
    kernels = {
        resource[name]
        for resource in listed
        if resource.type == "image"
        for name in ("kernel_id", "ramdisk_id")
    }
    return tuple(
        sorted(
            listed,
            key=lambda resource: (
                order[resource.type],
                resource.id not in kernels,
                resource.name,
                resource.id,
            ),
        )
    )


def describe_resource(resource: Resource) -> str:
    """Return type, name and id, for a message."""
    if resource.type == "keypair":
        return f"keypair {quoted(resource.name)}"
    return f"{resource.type} {quoted(resource.name)} ({printable(resource.id)})"
