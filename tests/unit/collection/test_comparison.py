"""When two values mean the same."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.comparison import (
    is_part,
    is_same_list_of_parts,
    is_same_range,
    is_same_set,
    is_same_set_of_parts,
    is_same_word,
)

A, B = {"subnet": "a", "ip_address": "1"}, {"subnet": "a", "ip_address": "2"}


@pytest.mark.parametrize(
    ("wanted", "found", "is_same"),
    [
        (["a", "b"], ["b", "a"], True),
        (["a", "a"], ["a", "b"], False),
        (["a"], ["a", "a"], False),
        (["a", "b"], ["a"], False),
        ([{"x": 1, "y": 2}], [{"y": 2, "x": 1}], True),
    ],
)
def test_the_order_of_a_set_says_nothing(wanted: Any, found: Any, is_same: bool) -> None:
    """Each element counts as often as it is there."""
    assert is_same_set(wanted, found) is is_same


@pytest.mark.parametrize(
    ("wanted", "found", "is_same"),
    [
        ("10.0.0.0/8", "10.0.0.0/8", True),
        ("10.1.2.3/8", "10.0.0.0/8", True),
        ("2001:DB8:0::/64", "2001:db8::/64", True),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("nonsense", "nonsense", True),
        ("nonsense", "10.0.0.0/8", False),
    ],
)
def test_a_range_has_several_forms(wanted: str, found: str, is_same: bool) -> None:
    """Neutron writes ranges and addresses in one of them."""
    assert is_same_range(wanted, found) is is_same


def test_digits_may_be_of_either_case() -> None:
    """A digest and a MAC address are hexadecimal."""
    assert is_same_word("FA:16:3E:00:00:01", "fa:16:3e:00:00:01")
    assert not is_same_word("fa", "fb")


def test_what_was_not_asked_for_is_not_compared() -> None:
    """The API fills in what a task leaves out, and null is left out."""
    assert is_part({"a": 1, "b": None}, {"a": 1, "b": 2, "c": 3})
    assert not is_part({"a": 1}, {"a": 2})
    assert not is_part({"a": 1}, {})


@pytest.mark.parametrize(
    ("wanted", "is_same"),
    [
        ([A, B], True),
        ([B, A], True),
        ([{"subnet": "a"}, A], True),
        ([{"subnet": "a"}, B], True),
        ([{"subnet": "a", "ip_address": None}, {"subnet": "a"}], True),
        ([A], False),
        ([A, A], False),
        ([A, B, {"subnet": "a"}], False),
        ([A, {"subnet": "b"}], False),
    ],
)
def test_parts_in_any_order_have_one_match_each(wanted: Any, is_same: bool) -> None:
    """An entry that asks for little does not take the match of one that asks for more."""
    assert is_same_set_of_parts(wanted, [A, B]) is is_same


def test_parts_in_order_are_compared_one_by_one() -> None:
    """Disks have an order."""
    assert is_same_list_of_parts([{"subnet": "a"}, B], [A, B])
    assert not is_same_list_of_parts([B, A], [A, B])
    assert not is_same_list_of_parts([A], [A, B])
