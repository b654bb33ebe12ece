"""The arguments of a task, checked against the declaration of its module.

The declaration is the only list of arguments: what `ansible-doc` shows is what is accepted.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import UNSET, Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES

Options = dict[str, dict[str, Any]]
Arguments = dict[str, Any]

_TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
_FALSE_WORDS = frozenset({"false", "no", "off", "0"})
_REFUSED = object()


@cache
def load_options(module_name: str) -> Options:
    """Return the options of the module in the form of Ansible's DOCUMENTATION."""
    return describe_options(MODULES[module_name].all_arguments)


def describe_options(arguments: Iterable[Argument]) -> Options:
    """Return the arguments in the form of Ansible's DOCUMENTATION, in their order."""
    return {argument.name: _describe_option(argument) for argument in arguments}


def _describe_option(argument: Argument) -> dict[str, Any]:
    option: dict[str, Any] = {"description": argument.description, "type": argument.kind}
    if argument.elements is not None:
        option["elements"] = argument.elements
    if argument.choices:
        option["choices"] = list(argument.choices)
    if argument.is_required:
        option["required"] = True
    if argument.default is not UNSET:
        option["default"] = argument.default
    if argument.options:
        option["suboptions"] = describe_options(argument.options)
    return option


def validate_arguments(module_name: str, given: Mapping[str, Any]) -> Arguments:
    """Return the arguments of a task as validate() does; the module is known by its name."""
    return validate(MODULES[module_name], given)


def validate(module: Module, given: Mapping[str, Any]) -> Arguments:
    """Return the arguments as plain values of the declared types, defaults filled in.

    An argument that is left out and has no default stays out. One that is given as null stays null
    where it is optional. Text that holds a number or a truth value is taken where that is the type,
    because ansible-core before 2.19 makes text of whatever comes from a template.
    Raises TaskError that lists all problems.
    """
    problems: list[str] = []
    arguments = _validate_all(module.all_arguments, given, "", problems)
    if problems:
        raise TaskError(
            "arguments",
            "; ".join(problems),
            f"ansible-doc downpour.cloud.{module.module_name} describes them.",
        )
    return arguments


def _validate_all(
    declared: Iterable[Argument], given: Mapping[str, Any], path: str, problems: list[str]
) -> Arguments:
    by_name = {argument.name: argument for argument in declared}
    arguments: Arguments = {}
    for name in given:
        if str(name) not in by_name:
            problems.append(_describe_unknown(str(name), by_name, path))
    for name, argument in by_name.items():
        if name in given:
            if given[name] is None and not argument.is_required:
                arguments[name] = _copy_default(argument)
            else:
                arguments[name] = _validate_value(argument, given[name], path + name, problems)
        elif argument.is_required:
            problems.append(f"'{path}{name}' is missing")
        elif argument.default is not UNSET:
            arguments[name] = _copy_default(argument)
    return arguments


def _copy_default(argument: Argument) -> Any:
    return None if argument.default is UNSET else make_plain(argument.default)


def _describe_unknown(name: str, known: Iterable[str], path: str) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f", did you mean '{near[0]}'?" if near else ""
    return f"'{path}{escape_controls(name)}' is unknown{hint}"


def _validate_value(argument: Argument, value: Any, path: str, problems: list[str]) -> Any:
    result = _CONVERSIONS[argument.kind](value)
    if result is _REFUSED:
        shown = escape_controls(repr(value))[:60]
        problems.append(f"'{path}' must be {_KIND_NAMES[argument.kind]}, not {shown}")
        return None
    if argument.choices and result not in argument.choices:
        choices = ", ".join(str(choice) for choice in argument.choices)
        problems.append(f"'{path}' must be one of {choices}, not '{escape_controls(str(result))}'")
    if argument.elements is not None:
        element = replace(argument, kind=argument.elements, elements=None, choices=())
        return [
            _validate_value(element, item, f"{path}[{index}]", problems)
            for index, item in enumerate(result)
        ]
    if argument.kind == "dict" and argument.options:
        return _validate_all(argument.options, result, f"{path}.", problems)
    return result


def make_plain(value: Any) -> Any:
    """Return the value without Ansible's subclasses of str, list and dict."""
    if isinstance(value, str):
        return "".join(tuple(value))
    if isinstance(value, Mapping):
        return {make_plain(key): make_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [make_plain(item) for item in value]
    return value


def _to_text(value: Any) -> Any:
    if isinstance(value, str):
        return make_plain(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return _REFUSED


def _to_integer(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    return _REFUSED


def _to_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _TRUE_WORDS:
        return True
    return False if word in _FALSE_WORDS else _REFUSED


def _to_list(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else _REFUSED


def _to_mapping(value: Any) -> Any:
    return make_plain(value) if isinstance(value, Mapping) else _REFUSED


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "str": _to_text,
    "path": _to_text,
    "int": _to_integer,
    "bool": _to_boolean,
    "list": _to_list,
    "dict": _to_mapping,
}
_KIND_NAMES = {
    "str": "text",
    "path": "a path",
    "int": "a whole number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
}
