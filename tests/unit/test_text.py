"""Hostile text is shown on one line and steers no terminal."""

import pytest

from downpour.text import human_size, printable, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web", "web"),
        ("é☃\U0001f480", "é☃\U0001f480"),
        ("two\nlines\r\n", "two\\nlines\\r\\n"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("nel\x85ls\u2028ps\u2029", "nel\\x85ls\\u2028ps\\u2029"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ufeffbom", "\\ufeffbom"),
        ("lone \ud800", "lone \\ud800"),
        ("\U000e0001", "\\U000e0001"),
        (7, "7"),
        (None, "None"),
    ],
)
def test_printable(text: object, shown: str) -> None:
    """Whatever a terminal or a log would obey is an escape; everything else stays."""
    assert printable(text) == shown
    assert len(printable(text).splitlines()) == 1


def test_quoted() -> None:
    """Names in messages stand in quotes, so that an empty one is seen."""
    assert quoted("") == '""'
    assert quoted("a\nb") == '"a\\nb"'


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (None, "?"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536 << 20, "1.5 GiB"),
        (5 << 40, "5.0 TiB"),
        (5 << 50, "5120.0 TiB"),
    ],
)
def test_human_size(size_bytes: int | None, shown: str) -> None:
    """Sizes have binary units, and the largest unit takes any size."""
    assert human_size(size_bytes) == shown
