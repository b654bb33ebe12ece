"""The directive ``release-notes`` for a checkout without its history, which reno's own needs.

It shows the notes that are there, without telling which version brought which.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from reno.config import Config
from sphinx.application import Sphinx

NOTES = Path(__file__).resolve().parents[3] / "releasenotes" / "notes"


class ReleaseNotes(Directive):
    """Takes no arguments; becomes the notes of all files, by section in reno's order."""

    def run(self) -> list[nodes.Node]:
        """Parse the notes in place."""
        notes = [
            yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(NOTES.iterdir())
        ]
        lines = [line for note in notes for line in [*note.get("prelude", "").splitlines(), ""]]
        for section in Config(str(NOTES.parents[1])).sections:
            items = [item for note in notes for item in note.get(section.name, ())]
            lines += [f"**{section.title}**", ""] if items else []
            for item in items:
                first, *rest = item.strip().splitlines()
                lines += [f"- {first}", *(f"  {line}" for line in rest), ""]
        container = nodes.container()
        text = StringList(lines, source=str(NOTES))
        self.state.nested_parse(text, self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("release-notes", ReleaseNotes)
    return {"parallel_read_safe": True}
