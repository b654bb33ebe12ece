"""From patterns to entries of a resource file."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from downpour.match import match_name
from downpour.resources import NAMED_TYPES, SELECTORS
from downpour.resources.declaration import ResourceType
from downpour.resources.inventory import Inventory
from downpour.resources.model import Resource
from downpour.selection import Addition, add_entries, read_selection
from downpour.walk import list_candidates

_TYPES = tuple(resource_type.name for resource_type in NAMED_TYPES)


@dataclasses.dataclass(frozen=True)
class Search:
    """What to look for: ``patterns`` by selector, or everything of the project."""

    patterns: Mapping[str, Sequence[str]]
    everything: bool
    is_state_saved: bool
    include_borrowable: bool


def find_resources(
    search: Search, inventory: Inventory
) -> tuple[list[Resource], list[tuple[str, str]]]:
    """Return what matches, and each ``(selector, pattern)`` without a match."""
    found: dict[tuple[str, str], Resource] = {}
    unmatched = []
    for option, patterns in search.patterns.items():
        resource_type, selector = SELECTORS[option]
        for pattern in patterns:
            matching = [
                resource
                for resource in _list_eligible(resource_type, search, inventory)
                if any(match_name(label, pattern) for label in selector.read(resource, inventory))
            ]
            found.update((resource.key, resource) for resource in matching)
            if not matching:
                unmatched.append((option, pattern))
    if search.everything:
        for resource_type in NAMED_TYPES:
            for resource in _list_eligible(resource_type, search, inventory):
                found[resource.key] = resource
    ordered = sorted(
        found.values(),
        key=lambda resource: (_TYPES.index(resource.type), resource.name, resource.id),
    )
    return ordered, unmatched


def _list_eligible(
    resource_type: ResourceType, search: Search, inventory: Inventory
) -> list[Resource]:
    """Return the project's own resources, those of others only where they may be borrowed."""
    return [
        resource
        for resource in inventory.read_type(resource_type.name).values()
        if inventory.is_owned(resource)
        or (resource_type.is_borrowable and search.include_borrowable)
    ]


def add_found(path: Path, found: Sequence[Resource], search: Search, inventory: Inventory) -> int:
    """Add to the resource file what it does not name yet; return how many entries were added.

    Raises :class:`UsageError` when the file has problems; it is then left as it is.
    """
    named = set()
    if path.exists() and path.read_bytes().strip():
        for entry in read_selection(path).entries:
            candidates = list_candidates(entry, inventory)
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
            is_state_saved=search.is_state_saved,
        )
        for resource in found
        if resource.key not in named
    ]
    if additions:
        add_entries(path, additions)
    return len(additions)
