"""From patterns to entries of a resource file."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from downpour.match import match_name
from downpour.resources.inventory import Inventory
from downpour.resources.model import Resource
from downpour.selection import Addition, add_entries, read_selection
from downpour.walk import find_candidates


@dataclasses.dataclass(frozen=True)
class Selector:
    """An option that selects resources of a type."""

    type: str
    help: str


SELECTORS = {
    "server-name": Selector("server", "servers by name"),
    "server-flavor": Selector("server", "servers by the name or id of their flavor"),
    "image-name": Selector("image", "images by name"),
    "volume-name": Selector("volume", "volumes by name"),
    "keypair-name": Selector("keypair", "keypairs by name"),
}
_TYPES = ("server", "keypair", "image", "volume")


@dataclasses.dataclass(frozen=True)
class Query:
    """What to look for: ``patterns`` by selector, or everything of the project."""

    patterns: Mapping[str, Sequence[str]]
    is_all: bool
    is_state_saved: bool
    has_shared_images: bool


def find_resources(
    query: Query, inventory: Inventory
) -> tuple[list[Resource], list[tuple[str, str]]]:
    """Return what matches, and each ``(selector, pattern)`` without a match."""
    found: dict[tuple[str, str], Resource] = {}
    unmatched = []
    for option, patterns in query.patterns.items():
        for pattern in patterns:
            matching = [
                resource
                for resource in _list_eligible(SELECTORS[option].type, query, inventory)
                if any(
                    match_name(label, pattern)
                    for label in _read_labels(option, resource, inventory)
                )
            ]
            found.update((resource.key, resource) for resource in matching)
            if not matching:
                unmatched.append((option, pattern))
    if query.is_all:
        for type_name in _TYPES:
            for resource in _list_eligible(type_name, query, inventory):
                found[resource.key] = resource
    ordered = sorted(
        found.values(),
        key=lambda resource: (_TYPES.index(resource.type), resource.name, resource.id),
    )
    return ordered, unmatched


def _list_eligible(type_name: str, query: Query, inventory: Inventory) -> list[Resource]:
    return [
        resource
        for resource in inventory.read_type(type_name).values()
        if inventory.is_owned(resource) or (type_name == "image" and query.has_shared_images)
    ]


def _read_labels(option: str, resource: Resource, inventory: Inventory) -> list[str]:
    """Return the texts that a selector's patterns are matched against."""
    if option != "server-flavor":
        return [resource.name]
    flavor = resource["flavor"] or {}
    name, flavor_id = flavor.get("original_name") or flavor.get("name"), flavor.get("id")
    labels = [label for label in (name, flavor_id) if label]
    for known in inventory.read_flavors():
        # Since compute API 2.47 a server tells only the name, before that only the id.
        if known["name"] == name or known["id"] == flavor_id:
            labels += [known["name"], known["id"]]
    return labels


def add_found(path: Path, found: Sequence[Resource], query: Query, inventory: Inventory) -> int:
    """Add to the resource file what it does not name yet; return how many entries were added.

    Raises :class:`UsageError` when the file has problems; it is then left as it is.
    """
    named = set()
    if path.exists() and path.read_bytes().strip():
        for entry in read_selection(path).entries:
            candidates = find_candidates(entry, inventory)
            if len(candidates) == 1:
                named.add(candidates[0].key)
    counts = collections.Counter(
        (type_name, resource.name)
        for type_name in _TYPES
        for resource in inventory.read_type(type_name).values()
    )
    additions = [
        Addition(
            type=resource.type,
            id=resource.id,
            name=resource.name,
            is_name_enough=bool(resource.name) and counts[resource.type, resource.name] == 1,
            is_state_saved=query.is_state_saved,
        )
        for resource in found
        if resource.key not in named
    ]
    if additions:
        add_entries(path, additions)
    return len(additions)
