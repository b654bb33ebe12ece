"""From any security group rules to any others."""

from __future__ import annotations

from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.rules import (
    Rule,
    compare_rules,
    keep_existing,
    make_clash_key,
)
from hypothesis import given
from hypothesis import strategies as st


def make_rule(**values: Any) -> Rule:
    """Return a rule with these values."""
    return values


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
