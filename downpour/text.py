"""Showing text that came from a cloud, a file or a person."""

from __future__ import annotations

_LONGEST_SHOWN = 60


def printable(text: object) -> str:
    """Return ``text`` on one line, without anything that a terminal would obey.

    Control characters, line and paragraph separators, direction overrides and lone surrogates
    become backslash escapes; everything else stays as it is.
    """
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape", "backslashreplace").decode("ascii")
        for character in str(text)
    )


def quoted(text: object) -> str:
    """Return ``text`` printable, in double quotes and not too long, for use in a message."""
    shown = printable(text)
    if len(shown) > _LONGEST_SHOWN:
        shown = shown[: _LONGEST_SHOWN - 1] + "…"
    return f'"{shown}"'


def human_size(size_bytes: int | None) -> str:
    """Return a size in bytes with a binary unit, for people; ``None`` is shown as ``?``."""
    if size_bytes is None:
        return "?"
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
