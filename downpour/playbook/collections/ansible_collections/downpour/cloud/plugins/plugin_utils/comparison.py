"""When a value that was asked for and one that was read mean the same without being equal."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json


def is_same_set(wanted: Sequence[Any], found: Sequence[Any]) -> bool:
    """Compare lists whose order says nothing."""
    remaining = list(found)
    for item in wanted:
        if item not in remaining:
            return False
        remaining.remove(item)
    return not remaining


def is_same_word(wanted: str, found: str) -> bool:
    """Compare hexadecimal digits: MAC addresses, digests."""
    return wanted.lower() == found.lower()


def is_same_range(wanted: str, found: str) -> bool:
    """Compare ranges of addresses, or addresses, which can be written in several forms."""
    return normalize_range(wanted) == normalize_range(found)


def normalize_range(text: str) -> str:
    """Return a range of addresses in the one form that neutron gives it; other text unchanged."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text


def is_part(wanted: Json, found: Json) -> bool:
    """Compare only what was asked for: the API fills in what was left out."""
    return all(found.get(key) == value for key, value in drop_nulls(wanted).items())


def is_same_set_of_parts(wanted: Sequence[Json], found: Sequence[Json]) -> bool:
    """Compare mappings in any order, each only by what was asked for of it."""
    remaining = list(found)
    # What asks for more is served first, so that it does not find its match taken.
    for entry in sorted(wanted, key=_count_demands, reverse=True):
        match = next((item for item in remaining if is_part(entry, item)), None)
        if match is None:
            return False
        remaining.remove(match)
    return not remaining


def is_same_list_of_parts(wanted: Sequence[Json], found: Sequence[Json]) -> bool:
    """Compare mappings in their order, each only by what was asked for of it."""
    return len(wanted) == len(found) and all(map(is_part, wanted, found))


def drop_nulls(entry: Json) -> Json:
    """Return the mapping without what is null in it."""
    return {key: value for key, value in entry.items() if value is not None}


def _count_demands(entry: Json) -> int:
    return len(drop_nulls(entry))
