"""The arguments of a task, checked against the DOCUMENTATION of its module.

The documentation is the only list of arguments: what `ansible-doc` shows is what is accepted.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import yaml
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls

Options = dict[str, dict[str, Any]]
Arguments = dict[str, Any]

_MODULES = "ansible_collections.downpour.cloud.plugins.modules"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
_FALSE_WORDS = frozenset({"false", "no", "off", "0"})
_REFUSED = object()

_known_options: dict[str, Options] = {}


def load_options(module_name: str) -> Options:
    """Return the options that the module documents, in the form of Ansible's DOCUMENTATION."""
    if module_name not in _known_options:
        text = import_module(f"{_MODULES}.{module_name}").DOCUMENTATION
        _known_options[module_name] = yaml.load(text, Loader=_LOADER)["options"]  # noqa: S506
    return _known_options[module_name]


def validate_arguments(module_name: str, given: Mapping[str, Any]) -> Arguments:
    """Return the arguments as plain values of the documented types, defaults filled in.

    An argument that is left out and has no default stays out. One that is given as null stays null
    where it is optional. Text that holds a number or a truth value is taken where that is the type,
    because ansible-core before 2.19 makes text of whatever comes from a template.
    Raises TaskError that lists all problems.
    """
    problems: list[str] = []
    arguments = _validate_options(load_options(module_name), given, "", problems)
    if problems:
        raise TaskError(
            "arguments",
            "; ".join(problems),
            f"ansible-doc downpour.cloud.{module_name} describes them.",
        )
    return arguments


def _validate_options(
    options: Options, given: Mapping[str, Any], path: str, problems: list[str]
) -> Arguments:
    arguments: Arguments = {}
    for name in given:
        if str(name) not in options:
            problems.append(_describe_unknown(str(name), options, path))
    for name, option in options.items():
        if name in given:
            if given[name] is None and not option.get("required"):
                arguments[name] = option.get("default")
            else:
                arguments[name] = _validate_value(option, given[name], path + name, problems)
        elif option.get("required"):
            problems.append(f"'{path}{name}' is missing")
        elif "default" in option:
            arguments[name] = option["default"]
    return arguments


def _describe_unknown(name: str, options: Options, path: str) -> str:
    near = difflib.get_close_matches(name, options, n=1)
    hint = f", did you mean '{near[0]}'?" if near else ""
    return f"'{path}{escape_controls(name)}' is unknown{hint}"


def _validate_value(option: dict[str, Any], value: Any, path: str, problems: list[str]) -> Any:
    kind = option.get("type", "str")
    result = _CONVERSIONS[kind](value)
    if result is _REFUSED:
        shown = escape_controls(repr(value))[:60]
        problems.append(f"'{path}' must be {_KIND_NAMES[kind]}, not {shown}")
        return None
    if "choices" in option and result not in option["choices"]:
        choices = ", ".join(str(choice) for choice in option["choices"])
        problems.append(f"'{path}' must be one of {choices}, not '{escape_controls(str(result))}'")
    if kind == "list":
        element = {"type": option["elements"], "suboptions": option.get("suboptions")}
        return [
            _validate_value(element, item, f"{path}[{index}]", problems)
            for index, item in enumerate(result)
        ]
    if kind == "dict" and option.get("suboptions"):
        return _validate_options(option["suboptions"], result, f"{path}.", problems)
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
