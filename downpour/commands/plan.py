"""``downpour plan``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cliff.lister

from downpour.commands import Verb
from downpour.commands.export import make_plan_of_file, report_findings
from downpour.plan import TEMPORARY_KINDS
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
        _, plan, _ = make_plan_of_file(self.app, parsed_args.file)
        self.status = report_findings(self.app, plan, has_notes=True)
        rows = []
        for resource in plan.resources:
            capture = plan.capture_for(resource)
            rows.append(
                (
                    resource.type,
                    printable(resource.name),
                    printable(resource.id),
                    capture.route.value if capture else "",
                    capture.size_bytes if capture else 0,
                    ", ".join(TEMPORARY_KINDS[capture.route]) if capture else "",
                )
            )
        return COLUMNS, iter(rows)
