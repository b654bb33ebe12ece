"""Telling how far a transfer is: bars on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import IO, Protocol

import rich.console
import rich.progress
import rich.text

from downpour.text import human_size, printable

Advance = Callable[[int], None]


class Progress(Protocol):
    """Where transfers and waits are reported."""

    def say(self, message: str) -> None:
        """Tell one step in words."""

    def transfer(
        self, label: str, total_bytes: int | None
    ) -> contextlib.AbstractContextManager[Advance]:
        """Begin a transfer; call what is returned with the number of bytes that have arrived."""

    def wait(self, label: str) -> contextlib.AbstractContextManager[None]:
        """Begin to wait for the cloud."""


class SilentProgress:
    """Tells nothing."""

    def say(self, message: str) -> None:
        """Tell nothing."""

    @contextlib.contextmanager
    def transfer(self, label: str, total_bytes: int | None) -> Iterator[Advance]:
        """Count nothing."""
        yield lambda size_bytes: None

    @contextlib.contextmanager
    def wait(self, label: str) -> Iterator[None]:
        """Tell nothing."""
        yield


class LineProgress:
    """Writes a line when something ends, for logs and pipes."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def say(self, message: str) -> None:
        """Write one line."""
        self._stream.write(printable(message) + "\n")
        self._stream.flush()

    @contextlib.contextmanager
    def transfer(self, label: str, total_bytes: int | None) -> Iterator[Advance]:
        """Write a line when the transfer is complete."""
        arrived = 0

        def advance(size_bytes: int) -> None:
            nonlocal arrived
            arrived += size_bytes

        yield advance
        self.say(f"{label}: {human_size(arrived)}")

    @contextlib.contextmanager
    def wait(self, label: str) -> Iterator[None]:
        """Write a line when the waiting begins."""
        self.say(label)
        yield


class BarProgress:
    """Draws bars on a terminal."""

    def __init__(self, stream: IO[str]) -> None:
        self._console = rich.console.Console(file=stream, highlight=False)
        self._bars = rich.progress.Progress(
            rich.progress.SpinnerColumn(),
            _LabelColumn(),
            rich.progress.BarColumn(),
            rich.progress.DownloadColumn(binary_units=True),
            rich.progress.TransferSpeedColumn(),
            rich.progress.TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )

    def say(self, message: str) -> None:
        """Write one line above the bars."""
        self._console.print(rich.text.Text(printable(message)))

    @contextlib.contextmanager
    def transfer(self, label: str, total_bytes: int | None) -> Iterator[Advance]:
        """Draw a bar until the transfer is complete, then write a line."""
        arrived = 0
        with self._bars:
            bar = self._bars.add_task(label, total=total_bytes)

            def advance(size_bytes: int) -> None:
                nonlocal arrived
                arrived += size_bytes
                self._bars.advance(bar, size_bytes)

            try:
                yield advance
            finally:
                self._bars.remove_task(bar)
        self.say(f"{label}: {human_size(arrived)}")

    @contextlib.contextmanager
    def wait(self, label: str) -> Iterator[None]:
        """Show a spinner while waiting."""
        with self._console.status(rich.text.Text(printable(label))):
            yield


class _LabelColumn(rich.progress.ProgressColumn):
    """The label as plain text: names from a cloud may hold markup."""

    def render(self, task: rich.progress.Task) -> rich.text.Text:
        return rich.text.Text(printable(task.description), overflow="ellipsis")


def choose_progress(stream: IO[str], is_quiet: bool) -> Progress:
    """Return bars for a terminal, lines for anything else, silence if asked for."""
    if is_quiet:
        return SilentProgress()
    return BarProgress(stream) if stream.isatty() else LineProgress(stream)
