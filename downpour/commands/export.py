"""``downpour export``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from downpour import errors
from downpour.bundle.build import export_bundle
from downpour.cloud import Cloud
from downpour.commands import Verb
from downpour.plan import Plan, make_plan
from downpour.resources import RESOURCE_TYPES
from downpour.resources.inventory import Inventory
from downpour.resources.model import Finding, Severity
from downpour.selection import read_selection
from downpour.text import human_size, quoted
from downpour.walk import resolve_selection, walk_selection

if TYPE_CHECKING:
    from downpour.app import DownpourApp


def make_plan_of_file(app: DownpourApp, path: Path) -> tuple[Cloud, Plan, list[dict[str, Any]]]:
    """Return the cloud, the plan of a resource file, and what the file asks for."""
    selection = read_selection(path)
    cloud = app.connect()
    inventory = Inventory(RESOURCE_TYPES, cloud.read_listing, cloud.project_id)
    plan = make_plan(walk_selection(resolve_selection(selection, inventory), inventory))
    return cloud, plan, selection.normalize()


def report_findings(app: DownpourApp, plan: Plan, *, has_notes: bool) -> int:
    """Tell what is left out and, if asked to, what to know; return the exit status it means.

    A note that is true of many resources of a type is told once; the README names each.
    """
    notes: dict[tuple[str, str], list[Finding]] = {}
    for finding in plan.findings:
        if finding.severity is Severity.OMISSION:
            app.say(f"left out: {_describe_subject(finding)}: {finding.reason}")
        elif has_notes:
            notes.setdefault((finding.type, finding.reason), []).append(finding)
    for first, *others in notes.values():
        more = f" and {len(others)} more" if others else ""
        app.say(f"note: {_describe_subject(first)}{more}: {first.reason}")
    return errors.OMISSIONS if plan.has_omissions else errors.DONE


def _describe_subject(finding: Finding) -> str:
    return f"{finding.type} {quoted(finding.name)} ({finding.id})"


class Export(Verb):
    """Save what a resource file names, and all that it hangs on, as a directory with a playbook.

    A directory with an unfinished export of the same file is continued.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Declare the arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument("file", metavar="FILE", type=Path, help="the resource file")
        parser.add_argument(
            "directory",
            metavar="DIR",
            type=Path,
            nargs="?",
            default=Path("export"),
            help="where to save (default: export)",
        )
        parser.add_argument(
            "--stop-servers",
            action="store_true",
            help="stop running servers while their disks are frozen, then start them again",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Check, capture, download and render."""
        cloud, plan, selection = make_plan_of_file(self.app, parsed_args.file)
        status = report_findings(self.app, plan, has_notes=False)
        directory = parsed_args.directory
        if not export_bundle(
            cloud,
            plan,
            selection,
            directory,
            self.app.choose_progress(),
            has_servers_stopped=parsed_args.stop_servers,
        ):
            self.app.say(
                f"{directory} holds this export already; name another directory for a newer state"
            )
            return status
        self.app.say(
            f"{len(plan.resources)} resources, {human_size(_count_bytes(directory))} in {directory}"
        )
        self.app.say(
            f"next: read {directory}/README.rst, edit destination.yml there, and run "
            "ansible-playbook playbook.yml"
        )
        return status


def _count_bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in (directory / "data").glob("*"))
