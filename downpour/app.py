"""The command line: global options, exit status, and the one place where errors become messages."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import cliff.app
import cliff.commandmanager

from downpour import __version__, errors
from downpour.text import printable

if TYPE_CHECKING:
    from downpour.cloud import Cloud
    from downpour.transfer.progress import Progress

_LOG = logging.getLogger("downpour")


class _OneLineFormatter(logging.Formatter):
    """Keeps text from a cloud from breaking a log line or steering a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        record.message = printable(record.message)
        return super().formatMessage(record)


class DownpourApp(cliff.app.App):
    """Moves a workload between two OpenStack clouds that share nothing.

    Settings come from clouds.yaml (choose with --os-cloud) or the OS_* environment variables, as
    for every OpenStack client. Exit status: 0 done, 1 failed, 2 usage, 3 done with omissions, 4
    credentials, 5 the data is not what the cloud says, 130 interrupted.
    """

    NAME = "downpour"
    LOG = _LOG
    options: argparse.Namespace

    def __init__(self) -> None:
        super().__init__(
            description=self.__doc__,
            version=__version__,
            command_manager=cliff.commandmanager.CommandManager("downpour.commands"),
        )

    def build_option_parser(
        self,
        description: str | None,
        version: str | None,
        argparse_kwargs: dict[str, Any] | None = None,
    ) -> argparse.ArgumentParser:
        """Add the choice of the cloud to cliff's options."""
        parser = super().build_option_parser(description, version, argparse_kwargs)
        parser.add_argument(
            "--os-cloud",
            metavar="NAME",
            default=os.environ.get("OS_CLOUD"),
            help="the cloud in clouds.yaml (default: OS_CLOUD)",
        )
        parser.add_argument(
            "--os-region-name",
            metavar="NAME",
            default=os.environ.get("OS_REGION_NAME"),
            help="the region of that cloud (default: OS_REGION_NAME)",
        )
        return parser

    def configure_logging(self) -> None:
        """Log to the terminal and, if asked for, to a file that only its owner may read."""
        root = logging.getLogger("")
        root.setLevel(logging.DEBUG)
        console = logging.StreamHandler(self.stderr)
        levels = {0: logging.WARNING, 1: logging.INFO}
        console.setLevel(levels.get(self.options.verbose_level, logging.DEBUG))
        console.setFormatter(_OneLineFormatter("%(message)s"))
        if self.options.verbose_level < 2:
            console.addFilter(logging.Filter("downpour"))
        root.addHandler(console)
        if self.options.log_file:
            handle = os.open(self.options.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            file = logging.StreamHandler(os.fdopen(handle, "a", encoding="utf-8"))
            file.setFormatter(_OneLineFormatter(self.LOG_FILE_MESSAGE_FORMAT))
            root.addHandler(file)

    def connect(self) -> Cloud:
        """Log in to the cloud that the options name."""
        # The SDK is imported when there is something to connect to: that takes a second.
        from downpour.cloud import connect

        return connect(self.options.os_cloud, self.options.os_region_name)

    def choose_progress(self) -> Progress:
        """Return where to report progress: standard error, unless asked to be quiet."""
        from downpour.transfer.progress import choose_progress

        return choose_progress(self.stderr, is_quiet=self.options.verbose_level == 0)

    def say(self, message: str) -> None:
        """Tell a person something, on standard error."""
        _LOG.info(message)

    def report_errors(self, action: Callable[[], int]) -> int:
        """Run a command; turn what it raises into messages and an exit status."""
        try:
            return action()
        except errors.DownpourError as error:
            for problem in error.problems:
                _LOG.error("%s", problem)
            _LOG.debug("raised here", exc_info=self.options.debug)
            return error.exit_status
        except KeyboardInterrupt:
            _LOG.error("interrupted; the same command continues where it stopped")
            return errors.INTERRUPTED
        except (BrokenPipeError, SystemExit):
            raise
        except Exception as error:  # noqa: BLE001  # the last resort: reported, with its trace
            _LOG.error(
                "downpour has a bug: %s: %s; please report it with the output of --debug",
                type(error).__name__,
                error,
            )
            _LOG.log(logging.ERROR if self.options.debug else logging.DEBUG, "", exc_info=True)
            return errors.FAILED


def _interrupt(signal_number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
        signal.signal(signal.SIGHUP, _interrupt)
    arguments = list(sys.argv[1:] if argv is None else argv)
    return DownpourApp().run(arguments or ["help"])
