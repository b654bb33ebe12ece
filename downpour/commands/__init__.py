"""The verbs of the command line, one module each, without logic of their own."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import cliff.command

if TYPE_CHECKING:
    from downpour.app import DownpourApp


class Verb(cliff.command.Command):
    """A command whose errors the application reports."""

    app: DownpourApp

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command and return the exit status."""
        return self.app.report_errors(lambda: super(Verb, self).run(parsed_args))
