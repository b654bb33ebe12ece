"""``downpour cleanup``."""

from __future__ import annotations

import argparse
from pathlib import Path

from downpour.commands import Verb


class Cleanup(Verb):
    """Remove the temporary objects that a killed export left in the source cloud."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Declare the arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "directory", metavar="DIR", type=Path, help="the directory of that export"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Remove what the journal names."""
        from downpour.export import clean_up_bundle

        cloud = self.app.connect()
        count = clean_up_bundle(cloud, parsed_args.directory)
        self.app.say(f"{count} temporary objects removed")
        return 0
