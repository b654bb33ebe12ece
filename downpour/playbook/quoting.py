"""Values as YAML that Ansible reads back unchanged, and never evaluates.

Text from a cloud that holds the beginning of a template, or of the line that tells Jinja to take
other signs for one, is tagged ``!unsafe``. No other text is: Ansible reads what has the tag as if
it stood without quotes (``!unsafe "~"`` is null, ``!unsafe "007"`` is 7), and only text that holds
such a beginning is sure to be no word of YAML.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

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
    text = yaml.dump(value, Dumper=_Dumper, width=1 << 30, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def format_block(value: Any, indent: int) -> str:
    """Return a mapping or list as indented YAML lines, in the order given."""
    text = yaml.dump(
        value, Dumper=_Dumper, width=_WIDTH, allow_unicode=True, sort_keys=False
    ).rstrip("\n")
    return "\n".join(" " * indent + line if line else line for line in text.split("\n"))
