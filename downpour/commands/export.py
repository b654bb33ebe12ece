"""``downpour export``."""

from __future__ import annotations

import argparse
from pathlib import Path

from downpour import errors
from downpour.commands import Verb
from downpour.text import human_size


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
        from downpour.export import export_bundle, plan_selection, read_findings
        from downpour.report.console import tell_omissions
        from downpour.resources.model import Severity
        from downpour.selection import read_selection

        selection = read_selection(parsed_args.file)
        cloud = self.app.connect()
        plan = plan_selection(selection, cloud)
        tell_omissions(plan.findings, self.app.say)
        directory = parsed_args.directory
        is_new = export_bundle(
            cloud,
            plan,
            selection.normalize(),
            directory,
            self.app.choose_progress(),
            stop_servers=parsed_args.stop_servers,
        )
        findings = read_findings(directory)
        tell_omissions([item for item in findings if item not in plan.findings], self.app.say)
        is_less = any(item.severity is Severity.OMISSION for item in findings)
        status = errors.OMISSIONS if is_less else errors.DONE
        if not is_new:
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
