"""``downpour query``."""

from __future__ import annotations

import argparse
from pathlib import Path

from downpour.commands import Verb
from downpour.errors import NothingFoundError, Problem, UsageError
from downpour.resources import RESOURCE_TYPES, SELECTORS


class Query(Verb):
    """Build or extend a resource file with what matches.

    Patterns are those of a shell (* ? []); quote them. Each option can be given several times, and
    everything that matches any of them is added. Existing entries, comments and order are kept.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Declare the arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument("file", metavar="FILE", type=Path, help="the resource file")
        for option, (_, selector) in SELECTORS.items():
            parser.add_argument(
                f"--{option}", metavar="PATTERN", action="append", default=[], help=selector.help
            )
        parser.add_argument(
            "--all", action="store_true", help="all servers, images, volumes and keypairs"
        )
        parser.add_argument(
            "--save-state",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="save the contents of disks and volumes (default) or only their shape",
        )
        parser.add_argument(
            "--shared-images", action="store_true", help="match images of other projects too"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Find what matches and add it to the file."""
        from downpour.plan import list_unavailable
        from downpour.query import Search, add_found, find_resources
        from downpour.report.console import tell_notes
        from downpour.resources.inventory import Inventory

        patterns = {option: getattr(parsed_args, option.replace("-", "_")) for option in SELECTORS}
        if not parsed_args.all and not any(patterns.values()):
            raise UsageError(
                Problem("no-selector", "query", "nothing to look for", "add --all or a selector")
            )
        search = Search(
            patterns, parsed_args.all, parsed_args.save_state, parsed_args.shared_images
        )
        cloud = self.app.connect()
        inventory = Inventory(RESOURCE_TYPES, cloud.read_listing, cloud.project_id)
        found, unmatched = find_resources(search, inventory)
        tell_notes(list_unavailable(inventory), self.app.say)
        for option, pattern in unmatched:
            self.app.say(f"nothing matches --{option} {pattern}")
        if not found:
            raise NothingFoundError(
                Problem("nothing-found", "query", "nothing matches; the file is as it was")
            )
        added = add_found(parsed_args.file, found, search, inventory)
        self.app.say(
            f"{len(found)} found, {added} added to {parsed_args.file}, "
            f"{len(found) - added} were there before"
        )
        return 0
