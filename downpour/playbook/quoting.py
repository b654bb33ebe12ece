"""Values as YAML that Ansible reads back unchanged, and never evaluates.

Text from a cloud that holds the beginning of a template, or of the line that tells Jinja to take
other signs for one, is tagged ``!unsafe``. No other text is: Ansible reads what has the tag as if
it stood without quotes (``!unsafe "~"`` is null, ``!unsafe "007"`` is 7), and only text that holds
such a beginning is sure to be no word of YAML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

# Words, and ids, that can be nothing but text and need no quotes.
_PLAIN = re.compile(
    r"[A-Za-z][A-Za-z0-9_./()-]*(?: [A-Za-z0-9_.(][A-Za-z0-9_./()-]*)*"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?"
)
_PLAIN_TEMPLATE = re.compile(r"\{\{ [a-z0-9_.]+ \}\}")
_YAML_WORDS = frozenset({"y", "yes", "n", "no", "true", "false", "on", "off", "null"})
_TEMPLATE = re.compile(r"\{[{%#]|#jinja2:")
_WIDTH = 120


class Template(str):
    """Text of downpour's own that Ansible shall evaluate."""


class _Dumper(yaml.SafeDumper):
    """Indents lists inside mappings, as ansible-lint asks for."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if _TEMPLATE.search(text):
        return dumper.represent_scalar("!unsafe", text, style='"')
    # Quoted by apostrophes, line ends of every kind would be folded.
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_template(dumper: yaml.SafeDumper, text: Template) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(Template, _represent_template)


def format_value(value: Any) -> str:
    """Return a scalar as YAML on one line."""
    plain = _find_plain(value)
    if plain is not None:
        return plain
    text = yaml.dump(value, Dumper=_Dumper, width=1 << 30, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def format_block(value: Mapping[str, Any], indent: int) -> str:
    """Return a mapping as indented YAML lines, in the order given.

    It is what PyYAML makes of it, entry by entry; but PyYAML takes a tenth of a millisecond for a
    word, and large bundles have a million. So what is certainly plain is written here.
    """
    lines: list[str] = []
    _write_mapping(value, 0, lines)
    return "\n".join(" " * indent + line if line else line for line in lines)


def _write_mapping(mapping: Mapping[str, Any], indent: int, lines: list[str]) -> None:
    for key, item in mapping.items():
        name = _find_plain(key)
        line = f"{' ' * indent}{name}:"
        if len(line) > _WIDTH:
            name = None
        if name is not None and isinstance(item, Mapping) and item:
            lines.append(line)
            _write_mapping(item, indent + 2, lines)
        elif name is not None and isinstance(item, list) and item:
            lines.append(line)
            _write_list(item, indent + 2, lines)
        else:
            text = _find_plain(item)
            line = f"{line} {text}"
            if name is None or text is None or _is_folded(line, text):
                lines.extend(_dump({key: item}, indent))
            else:
                lines.append(line)


def _write_list(items: list[Any], indent: int, lines: list[str]) -> None:
    for item in items:
        text = _find_plain(item)
        line = f"{' ' * indent}- {text}"
        if isinstance(item, Mapping) and item:
            first = len(lines)
            _write_mapping(item, indent + 2, lines)
            lines[first] = f"{' ' * indent}- {lines[first][indent + 2 :]}"
        elif text is None or _is_folded(line, text):
            lines.extend(_dump([item], indent))
        else:
            lines.append(line)


def _is_folded(line: str, text: str) -> bool:
    return len(line) > _WIDTH and " " in text


def _dump(value: Any, indent: int) -> list[str]:
    """Return the lines that PyYAML makes of a value that stands ``indent`` columns to the right."""
    width = _WIDTH - indent
    text = yaml.dump(value, Dumper=_Dumper, width=width, allow_unicode=True, sort_keys=False)
    return [" " * indent + line if line else line for line in text.rstrip("\n").split("\n")]


def _find_plain(value: Any) -> str | None:
    """Return a value that is written as it is; ``None`` for all that PyYAML has to decide."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if type(value) is int:
        return str(value)
    if type(value) is Template:
        return f'"{value}"' if _PLAIN_TEMPLATE.fullmatch(value) else None
    if type(value) is str and _PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS:
        return value
    if isinstance(value, list | Mapping) and not value:
        return "[]" if isinstance(value, list) else "{}"
    return None
