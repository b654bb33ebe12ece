"""No text that is shown at the far end reaches a terminal or a log raw."""

from __future__ import annotations

import unicodedata

from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
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
