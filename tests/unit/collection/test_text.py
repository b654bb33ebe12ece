"""Text that is shown never reaches a terminal or a log raw."""

from __future__ import annotations

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import (
    describe_resource,
    escape_controls,
)


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
