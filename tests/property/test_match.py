"""Name patterns agree with a second, independent and naive implementation."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from downpour.match import match_name

_SIGNS = "ab/*?[]!-\\.^A\n"
names = st.text(st.sampled_from(_SIGNS), max_size=8)
patterns = st.one_of(
    names,
    st.lists(
        st.sampled_from(["**", "*", "?", "a", "b", "[ab]", "[!a]", "[a-b]", "/", "/**", "**/"]),
        max_size=6,
    ).map("".join),
)


def refer(name: str, pattern: str) -> bool:
    """Match by the rules of the documentation, sign by sign and with backtracking."""
    if "/" not in pattern:
        return refer_text(name, pattern)
    return refer_segments(name.split("/"), pattern.split("/"))


def refer_segments(names: list[str], patterns: list[str]) -> bool:
    """Match segments: ``**`` is any number of them."""
    if not patterns:
        return not names
    if patterns[0] == "**":
        return refer_segments(names, patterns[1:]) or (
            bool(names) and refer_segments(names[1:], patterns)
        )
    return (
        bool(names)
        and refer_text(names[0], patterns[0])
        and refer_segments(names[1:], patterns[1:])
    )


def refer_text(text: str, pattern: str) -> bool:
    """Match one text: ``*``, ``?``, ``[…]``, ``[!…]``; a ``[`` that is never closed is a sign."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return refer_text(text, pattern[1:]) or (bool(text) and refer_text(text[1:], pattern))
    if not text:
        return False
    if pattern[0] == "[":
        # The first sign of a class may itself be the closing bracket.
        end = pattern.find("]", 3 if pattern[1:2] == "!" else 2)
        if end > 0:
            return refer_class(text[0], pattern[1:end]) and refer_text(text[1:], pattern[end + 1 :])
    return (pattern[0] == "?" or pattern[0] == text[0]) and refer_text(text[1:], pattern[1:])


def refer_class(sign: str, body: str) -> bool:
    """Match one sign: single ones and ranges."""
    is_negated, found = body.startswith("!"), False
    place = 1 if is_negated else 0
    while place < len(body):
        if body[place + 1 : place + 2] == "-" and place + 2 < len(body):
            found = found or body[place] <= sign <= body[place + 2]
            place += 3
        else:
            found = found or body[place] == sign
            place += 1
    return found != is_negated


@settings(max_examples=1000)
@given(name=names, pattern=patterns)
@example(name="web", pattern="web/01")
@example(name="web/01", pattern="web")
@example(name="web/01/x", pattern="web/01")
@example(name="web/01", pattern="*")
@example(name="a/b", pattern="a/**/b")
@example(name="a\\b", pattern="a/b")
@example(name="", pattern="/")
def test_match_agrees_with_the_reference(name: str, pattern: str) -> None:
    """Every pattern, however odd, means what the documentation says."""
    assert match_name(name, pattern) == refer(name, pattern)


@given(name=st.text(max_size=20))
def test_a_plain_name_matches_itself(name: str) -> None:
    """A name without signs of a pattern names itself, and nothing longer or of another case."""
    pattern = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)
    if "/" not in name:
        assert match_name(name, pattern)
        assert not match_name(name + "x", pattern)
