"""Values as YAML that Ansible reads back unchanged, and never evaluates.

What came from a cloud is plain text to Ansible only if it is tagged ``!unsafe``; the tag is left
out for text that cannot hold a template, to keep the playbook readable.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_HARMLESS = re.compile(r"[\w .:/@+=,()\[\]*'-]*")
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
    if not _HARMLESS.fullmatch(text):
        return dumper.represent_scalar("!unsafe", text, style='"')
    return dumper.represent_scalar("tag:yaml.org,2002:str", text)


def _represent_template(dumper: yaml.SafeDumper, text: Template) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(Template, _represent_template)


def format_value(value: Any) -> str:
    """Return a scalar as YAML on one line."""
    text = yaml.dump(value, Dumper=_Dumper, width=1 << 30, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def format_block(value: Any, indent: int) -> str:
    """Return a mapping or list as indented YAML lines, in the order given."""
    text = yaml.dump(
        value, Dumper=_Dumper, width=_WIDTH, allow_unicode=True, sort_keys=False
    ).rstrip("\n")
    return "\n".join(" " * indent + line if line else line for line in text.split("\n"))
