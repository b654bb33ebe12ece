"""Text from a cloud or from a file, made safe to show on one line."""

from __future__ import annotations

import unicodedata

# Cc control, Cf format (bidirectional overrides, zero width), Cs lone surrogates, Zl/Zp separators.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Joins the parts of one emoji and is harmless on a terminal.
_ZERO_WIDTH_JOINER = "\u200d"
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape_controls(text: str) -> str:
    r"""Return the text on one line: control characters become ``\n``, ``\x1b``, ``\u202e`` …

    Nothing else changes, so that text without control characters comes back as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape_character(character) for character in text)


def describe_resource(type_name: str, name: str, old_id: str) -> str:
    """Return ``network "web" (1c0f…)`` for messages, on one line of bearable length."""
    shown = escape_controls(name)
    if len(shown) > 100:
        shown = shown[:99] + "…"
    label = f'{type_name} "{shown}"'
    return f"{label} ({escape_controls(old_id)})" if old_id and old_id != name else label


def _escape_character(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if unicodedata.category(character) not in _UNSAFE_CATEGORIES:
        return character
    if character == _ZERO_WIDTH_JOINER:
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
