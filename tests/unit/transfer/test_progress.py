"""Progress: lines for logs, nothing when quiet, and never a name that steers a terminal."""

from __future__ import annotations

import io

import pytest

from downpour.transfer.progress import (
    BarProgress,
    LineProgress,
    SilentProgress,
    choose_progress,
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_choosing() -> None:
    """Bars are for terminals, lines for everything else, and quiet wins over both."""
    assert isinstance(choose_progress(Terminal(), is_quiet=False), BarProgress)
    assert isinstance(choose_progress(io.StringIO(), is_quiet=False), LineProgress)
    assert isinstance(choose_progress(Terminal(), is_quiet=True), SilentProgress)


def test_lines() -> None:
    """Elsewhere than on a terminal each transfer and each wait is one line."""
    stream = io.StringIO()
    progress = LineProgress(stream)
    with progress.wait("waiting for a"):
        pass
    with progress.transfer("b", 3000) as advance:
        advance(1024)
        advance(1024)
    progress.say("c")
    assert stream.getvalue() == "waiting for a\nb: 2.0 KiB\nc\n"


def test_a_transfer_that_breaks_is_not_told_as_done() -> None:
    """A failure in the middle writes no line that says how much has come."""
    stream = io.StringIO()

    def break_off() -> None:
        with LineProgress(stream).transfer("a", 10) as advance:
            advance(5)
            raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        break_off()
    assert stream.getvalue() == ""


@pytest.mark.parametrize("kind", [LineProgress, BarProgress])
def test_hostile_labels(kind: type[LineProgress] | type[BarProgress]) -> None:
    """Names with escapes, markup and line ends are shown, not obeyed."""
    stream = io.StringIO()
    progress = kind(stream)
    label = "\x1b[31mred [bold]x[/bold] [/] two\nlines"
    progress.say(label)
    with progress.wait(label):
        pass
    with progress.transfer(label, 1) as advance:
        advance(1)
    written = stream.getvalue()
    assert "\x1b[31m" not in written
    assert "[bold]x[/bold] [/] two\\nlines" in written.replace("\n", "")


def test_silence() -> None:
    """Quiet progress writes nothing anywhere."""
    progress = SilentProgress()
    with progress.transfer("a", None) as advance, progress.wait("b"):
        advance(1)
    progress.say("c")
