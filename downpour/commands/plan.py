"""``downpour plan``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cliff.lister

from downpour import errors
from downpour.commands import Verb
from downpour.text import printable

COLUMNS = ("Type", "Name", "ID", "Route", "Bytes", "Temporary Objects")


class Plan(Verb, cliff.lister.Lister):
    """Show what an export would take, and what it cannot carry; nothing is written anywhere.

    Bytes are exact for images, elsewhere the most that they can be.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Declare the arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument("file", metavar="FILE", type=Path, help="the resource file")
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """List, then tell by the exit status whether something is left out."""
        self.status = 0
        return super().run(parsed_args) or self.status

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
        """Return the columns and a row for each resource."""
        from downpour.export import plan_selection
        from downpour.report.console import tell_notes, tell_omissions
        from downpour.selection import read_selection

        plan = plan_selection(read_selection(parsed_args.file), self.app.connect())
        tell_omissions(plan.findings, self.app.say)
        tell_notes(plan.findings, self.app.say)
        self.status = errors.OMISSIONS if plan.has_omissions else errors.DONE
        rows = []
        for resource in plan.resources:
            capture = plan.captures_by_key.get(resource.key)
            rows.append(
                (
                    resource.type,
                    printable(resource.name),
                    printable(resource.id),
                    capture.route.value if capture else "",
                    capture.size_bytes if capture else 0,
                    ", ".join(capture.route.temporary_kinds) if capture else "",
                )
            )
        return COLUMNS, iter(rows)
