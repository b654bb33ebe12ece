"""Security group rules: equal, missing, too many."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.rules import (
    Rule,
    compare_rules,
    keep_existing,
    make_clash_key,
    make_rule_key,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.security_group_rules import (
    build_rule_body,
)
from hypothesis import given
from hypothesis import strategies as st


def make_rule(**values: Any) -> Rule:
    """Return an ingress rule for IPv4 with these values."""
    return {"direction": "ingress", "ethertype": "IPv4", **values}


rules = st.builds(
    make_rule,
    direction=st.sampled_from(["ingress", "egress"]),
    ethertype=st.sampled_from(["IPv4", "IPv6"]),
    protocol=st.sampled_from([None, "tcp", "6", "udp", "icmp", "58"]),
    port_range_min=st.sampled_from([None, 0, 1, 22]),
    port_range_max=st.sampled_from([None, 0, 22, 65535]),
    remote_ip_prefix=st.sampled_from([None, "0.0.0.0/0", "10.0.0.0/8"]),
    description=st.sampled_from([None, "", "text"]),
)


def add_ids(existing: list[Rule]) -> list[Rule]:
    """Return the rules as a cloud lists them."""
    return [{**rule, "id": f"rule-{index}"} for index, rule in enumerate(existing)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"protocol": "tcp"}, {"protocol": "6"}),
        ({"protocol": "TCP"}, {"protocol": 6}),
        ({"protocol": "any"}, {"protocol": None}),
        ({"protocol": "icmp", "ethertype": "IPv6"}, {"protocol": "ipv6-icmp", "ethertype": "IPv6"}),
        (
            {"protocol": "tcp", "port_range_min": 1, "port_range_max": 65535},
            {"protocol": "tcp", "port_range_min": None, "port_range_max": None},
        ),
        ({"remote_ip_prefix": "10.1.2.3/8"}, {"remote_ip_prefix": "10.0.0.0/8"}),
        ({"remote_ip_prefix": "10.1.2.3"}, {"remote_ip_prefix": "10.1.2.3/32"}),
        (
            {"remote_ip_prefix": "2001:DB8::/32", "ethertype": "IPv6"},
            {"remote_ip_prefix": "2001:db8:0::/32", "ethertype": "IPv6"},
        ),
        ({"remote_group_id": ""}, {"remote_group_id": None}),
        ({"description": "a"}, {"description": "b"}),
    ],
)
def test_two_forms_of_one_rule_are_equal(one: Rule, other: Rule) -> None:
    """What neutron rewrites or takes for the same does not count as a difference."""
    assert make_rule_key(make_rule(**one)) == make_rule_key(make_rule(**other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"protocol": "icmp", "port_range_min": 0}, {"protocol": "icmp"}),
        ({"protocol": "icmp"}, {"protocol": "icmp", "ethertype": "IPv6"}),
        ({"remote_ip_prefix": "0.0.0.0/0"}, {}),
        ({"remote_group_id": "a"}, {"remote_address_group_id": "a"}),
        (
            {"protocol": "tcp", "port_range_min": 1, "port_range_max": 22},
            {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22},
        ),
    ],
)
def test_different_rules_are_not_equal(one: Rule, other: Rule) -> None:
    """ICMP type 0 is a value, no prefix is not the prefix of all addresses."""
    assert make_rule_key(make_rule(**one)) != make_rule_key(make_rule(**other))


@given(wanted=st.lists(rules), existing=st.lists(rules))
def test_applying_the_changes_leaves_nothing_to_do(
    wanted: list[Rule], existing: list[Rule]
) -> None:
    """From any rules to any others, with no request that neutron refuses as a double."""
    listed = add_ids(existing)
    changes = compare_rules(wanted, listed)
    removed = {*changes.in_the_way, *changes.extra}
    left = [rule for rule in listed if rule["id"] not in removed]
    standing = {make_clash_key(rule) for rule in listed if rule["id"] not in changes.in_the_way}
    assert not standing & {make_clash_key(rule) for rule in changes.missing}
    made = [{**rule, "id": f"new-{index}"} for index, rule in enumerate(changes.missing)]
    assert compare_rules(wanted, [*left, *made]).is_empty


@given(wanted=st.lists(rules), existing=st.lists(rules))
def test_keeping_what_exists_only_adds(wanted: list[Rule], existing: list[Rule]) -> None:
    """The default group with strangers' ports: nothing goes, nothing is refused as a double."""
    listed = add_ids(existing)
    changes = keep_existing(compare_rules(wanted, listed), listed)
    assert not changes.in_the_way
    assert not changes.extra
    standing = {make_clash_key(rule) for rule in listed}
    assert not standing & {make_clash_key(rule) for rule in changes.missing}


def test_a_rule_for_all_addresses_replaces_one_without_prefix() -> None:
    """The default egress rule goes before 0.0.0.0/0 is made, which neutron calls a duplicate."""
    default = {**make_rule(direction="egress"), "id": "default"}
    wanted = make_rule(direction="egress", remote_ip_prefix="0.0.0.0/0")
    changes = compare_rules([wanted], [default])
    assert changes.in_the_way == ["default"]
    assert changes.missing == [wanted]


def test_a_rule_with_another_description_is_replaced() -> None:
    """Neutron has no way to change one: the old rule goes first, or it would be a duplicate."""
    existing = {**make_rule(description="old"), "id": "a"}
    wanted = make_rule(description="new")
    changes = compare_rules([wanted], [existing])
    assert (changes.in_the_way, changes.missing, changes.extra) == (["a"], [wanted], [])
    assert compare_rules([make_rule()], [{**make_rule(description=""), "id": "a"}]).is_empty


def test_the_body_has_zero_and_leaves_out_null() -> None:
    """Port 0 is sent, what is not given is left to the API."""
    rule = make_rule(protocol="icmp", port_range_min=0, port_range_max=None)
    assert build_rule_body("g", rule) == {
        "security_group_id": "g",
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "icmp",
        "port_range_min": 0,
    }
