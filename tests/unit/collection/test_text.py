"""Text that is shown never reaches a terminal or a log raw."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import (
    describe_resource,
    escape_controls,
)
from hypothesis import given
from hypothesis import strategies as st


@given(text=st.text())
def test_no_control_character_is_left(text: str) -> None:
    """Nothing that moves a cursor, ends a line, reverses text or is no character at all."""
    shown = escape_controls(text).replace("\u200d", "")
    assert not {unicodedata.category(x) for x in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown.encode("utf-8")


@given(text=st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))))
def test_other_text_stays_as_it_is(text: str) -> None:
    """Also a backslash: the result is for people."""
    assert escape_controls(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\u202eevil", r"\u202eevil"),
        ("\ud800", r"\ud800"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_escapes_are_readable(text: str, shown: str) -> None:
    """Each control character is visible as what it is."""
    assert escape_controls(text) == shown


def test_a_resource_is_described_on_one_short_line() -> None:
    """Type, name and old id, whatever the name is."""
    assert describe_resource("port", "", "0a") == 'port "" (0a)'
    assert describe_resource("keypair", "k", "k") == 'keypair "k"'
    assert len(describe_resource("network", "😀\n" * 255, "0a")) < 130
