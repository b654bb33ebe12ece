"""Name patterns; tests/property/test_match.py compares them with a second implementation."""

import pytest

from downpour.match import match_name


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("web", "web"),
        ("web-01", "web*"),
        ("web-01", "web-[0-9][0-9]"),
        ("web/01", "*"),
        ("web/01", "web/*"),
        ("web/a/b", "web/**"),
        ("web", "web/**"),
        ("a/b/c/d", "a/**/d"),
        ("a/d", "a/**/d"),
        ("a\\b/c", "a\\b/*"),
        ("", "*"),
        ("", ""),
        ("[", "["),
        ("[a]", "[[]a]"),
        ("two\nlines", "two*lines"),
    ],
)
def test_matching(name: str, pattern: str) -> None:
    """What a person who knows the shell expects to match does match."""
    assert match_name(name, pattern)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("Web", "web"),
        ("web-01", "web"),
        ("my-web", "web"),
        ("web\n", "web"),
        ("web/01", "web"),
        ("web", "web/01"),
        ("web/01/x", "web/01"),
        ("web/a/b", "web/*"),
        ("x/web/01", "web/01"),
        ("a\\b", "a/b"),
        ("", "?"),
    ],
)
def test_not_matching(name: str, pattern: str) -> None:
    """Patterns are anchored at both ends, mind the case, and ``*`` stays inside a segment."""
    assert not match_name(name, pattern)


def test_private_use_characters_are_no_backslashes() -> None:
    """The sign that stands in for backslashes is never one that the name itself has."""
    assert match_name("\ue000\\/a", "\ue000\\/*")
    assert not match_name("\ue000/a", "\\/*")
    assert not match_name("\\/a", "\ue000/*")
