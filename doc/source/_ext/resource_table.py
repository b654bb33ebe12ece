"""The directive ``resource-table``: what is carried of each type, from the table in code."""

from __future__ import annotations

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

from downpour.resources import RESOURCE_TYPES
from downpour.resources.declaration import ResourceType


def describe_type(resource_type: ResourceType) -> list[str]:
    """The lines of reStructuredText about one resource type."""
    carried = sorted(
        {str(field.wire_name) for field in resource_type.fields} | resource_type.special
    )
    lines = [f"**{resource_type.name}**", ""]
    lines += ["    Carried: " + ", ".join(f"``{name}``" for name in carried), ""]
    if resource_type.needs:
        needs = (
            f"``{name}`` (a {argument.refers_to})"
            for name, argument in sorted(resource_type.needs.items())
        )
        lines += ["    Brings along: " + ", ".join(needs), ""]
    if resource_type.dropped:
        lines += ["    Left out, and listed when set:", ""]
        lines += [f"    - ``{name}``: {why}" for name, why in sorted(resource_type.dropped.items())]
        lines += [""]
    return lines


class ResourceTable(Directive):
    """Takes no arguments; becomes one entry for each resource type."""

    def run(self) -> list[nodes.Node]:
        """Parse the generated text in place."""
        text = StringList()
        for resource_type in RESOURCE_TYPES.values():
            for line in describe_type(resource_type):
                text.append(line, "downpour.resources")
        container = nodes.container()
        self.state.nested_parse(text, self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("resource-table", ResourceTable)
    return {"parallel_read_safe": True}
