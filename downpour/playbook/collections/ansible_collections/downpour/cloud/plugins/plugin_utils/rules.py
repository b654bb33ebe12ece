"""Security group rules: which are the same, which are missing, which are too many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.comparison import normalize_range

Rule = dict[str, Any]

_PROTOCOL_NUMBERS = {
    "ah": "51",
    "dccp": "33",
    "egp": "8",
    "esp": "50",
    "gre": "47",
    "hopopt": "0",
    "icmp": "1",
    "icmpv6": "58",
    "igmp": "2",
    "ip": "0",
    "ipip": "4",
    "ipv6-encap": "41",
    "ipv6-frag": "44",
    "ipv6-icmp": "58",
    "ipv6-nonxt": "59",
    "ipv6-opts": "60",
    "ipv6-route": "43",
    "ospf": "89",
    "pgm": "113",
    "rsvp": "46",
    "sctp": "132",
    "tcp": "6",
    "udp": "17",
    "udplite": "136",
    "vrrp": "112",
}
_ALL_PORTS = (1, 65535)
_ALL_ADDRESSES = frozenset({"0.0.0.0/0", "::/0"})

Key = tuple[Any, ...]


@dataclass(frozen=True)
class RuleChanges:
    """What makes a group's rules the wanted ones, in this order.

    `in_the_way` are ids of rules that the API takes for equal to a missing one although they differ
    ("no prefix" and 0.0.0.0/0, or another description, which neutron cannot change): they go
    first. `extra` are the ids of all others that go.
    """

    in_the_way: list[str]
    missing: list[Rule]
    extra: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.in_the_way or self.missing or self.extra)


def compare_rules(wanted: Iterable[Rule], existing: Iterable[Rule]) -> RuleChanges:
    """Return the changes that make the existing rules (with ids) the wanted ones.

    Two wanted rules that the API takes for equal count once: it would refuse the second.
    """
    wanted_by_clash: dict[Key, Rule] = {}
    for rule in wanted:
        wanted_by_clash.setdefault(make_clash_key(rule), rule)
    kept: set[Key] = set()
    in_the_way: list[str] = []
    extra: list[str] = []
    for rule in existing:
        clash = make_clash_key(rule)
        match = wanted_by_clash.get(clash)
        if match is None:
            extra.append(rule["id"])
        elif clash not in kept and _is_same(match, rule):
            kept.add(clash)
        else:
            in_the_way.append(rule["id"])
    missing = [rule for clash, rule in wanted_by_clash.items() if clash not in kept]
    return RuleChanges(in_the_way, missing, extra)


def keep_existing(changes: RuleChanges, existing: Iterable[Rule]) -> RuleChanges:
    """Return the changes without those that delete, nor those that a rule which stays forbids."""
    standing = {make_clash_key(rule) for rule in existing}
    missing = [rule for rule in changes.missing if make_clash_key(rule) not in standing]
    return RuleChanges([], missing, [])


def make_rule_key(rule: Rule) -> Key:
    """Return what two rules share exactly if they mean the same.

    Forms that neutron itself treats as one: names and numbers of protocols, ports 1 to 65535 and no
    ports, ICMP named for IPv4 in an IPv6 rule, host bits in a prefix. Source: neutron,
    db/securitygroups_db.py. The description does not count.
    """
    ethertype = str(rule.get("ethertype") or "IPv4").lower()
    ports = (rule.get("port_range_min"), rule.get("port_range_max"))
    prefix = rule.get("remote_ip_prefix")
    return (
        str(rule["direction"]).lower(),
        ethertype,
        _number_protocol(rule.get("protocol"), ethertype),
        (None, None) if ports == _ALL_PORTS else ports,
        normalize_range(str(prefix)) if prefix else None,
        rule.get("remote_group_id") or None,
        rule.get("remote_address_group_id") or None,
    )


def make_clash_key(rule: Rule) -> Key:
    """Return what two rules share if neutron refuses the second as a duplicate."""
    key = make_rule_key(rule)
    return (*key[:4], None if key[4] in _ALL_ADDRESSES else key[4], *key[5:])


def _is_same(one: Rule, other: Rule) -> bool:
    descriptions = [rule.get("description") or "" for rule in (one, other)]
    return descriptions[0] == descriptions[1] and make_rule_key(one) == make_rule_key(other)


def _number_protocol(protocol: Any, ethertype: str) -> str | None:
    if protocol is None or str(protocol).lower() in {"any", ""}:
        return None
    number = _PROTOCOL_NUMBERS.get(str(protocol).lower(), str(protocol).lower())
    return "58" if ethertype == "ipv6" and number == "1" else number
