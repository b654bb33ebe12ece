"""The declaration read the other way: from what a cloud holds back to a task's arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import UNSET, Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.listings import Listings
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json


@dataclass(frozen=True)
class Difference:
    """An argument whose value in the cloud is not the wanted one."""

    argument: str
    wanted: Any
    found: Any


def read_arguments(
    module: Module, listings: Listings, document: Json, wanted: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the arguments of a task that would make the object of this document.

    What cannot be read is left out, and what is absent is, too, unless null is a value. `wanted`
    are the arguments that the answer is to be compared with: what can be said in more than one way
    is said in theirs. The document is a full one, from the object's own address or from a detailed
    listing; reads what else is needed. Raises TaskError.
    """
    found: dict[str, Any] = {}
    for argument in module.list_arguments():
        value = _read_value(module, argument, listings, document, wanted or {})
        if value is not UNSET and (value is not None or argument.is_null_kept):
            found[argument.name] = value
    return found


def find_differences(
    module: Module, listings: Listings, wanted: Mapping[str, Any], document: Json
) -> list[Difference]:
    """Return in which arguments the object of this document is not the wanted one.

    `wanted` are arguments as validate() returns them. What a task leaves out is what the API makes
    of that; where the destination decides it, any value is right. Raises TaskError.
    """
    differences: list[Difference] = []
    for argument in module.list_arguments():
        asked = wanted.get(argument.name, UNSET)
        if asked is None and not argument.is_null_kept:
            asked = UNSET
        expected = argument.implied if asked is UNSET else asked
        if expected is UNSET:
            continue
        found = _read_value(module, argument, listings, document, wanted)
        if found is None and not argument.is_null_kept and argument.implied is not UNSET:
            found = argument.implied
        if found is not UNSET and not _is_same(argument, expected, found):
            differences.append(Difference(argument.name, expected, found))
    return differences


def is_readable(module: Module, argument: Argument) -> bool:
    """Whether the argument's value can be told by what a cloud holds."""
    if argument.unreadable:
        return False
    has_source = argument.read is not None or argument.wire_name is not None
    return has_source or argument.name in module.readers


def _read_value(
    module: Module,
    argument: Argument,
    listings: Listings,
    document: Json,
    wanted: Mapping[str, Any],
) -> Any:
    reader = module.readers.get(argument.name)
    if reader is None:
        return argument.read_value(document)
    return reader(listings, document, wanted.get(argument.name, UNSET))


def _is_same(argument: Argument, wanted: Any, found: Any) -> bool:
    if wanted is None or found is None or argument.is_same is None:
        return bool(wanted == found)
    return argument.is_same(wanted, found)
