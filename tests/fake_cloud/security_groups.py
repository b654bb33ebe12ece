"""neutron's security groups and their rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from tests.fake_cloud.kinds import NETWORK_KIND, Kind
from tests.fake_cloud.messages import Document, RefusalError, Request
from tests.fake_cloud.state import State

_NUMBERS = {"icmp": "1", "icmpv6": "58", "ipv6-icmp": "58", "tcp": "6", "udp": "17"}
_WITH_PORTS = frozenset({"dccp", "sctp", "tcp", "udp", "udplite"})
_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})


def build_default_rules(state: State, group: Document) -> list[Document]:
    """Return the rules that a new group has: out to everywhere; the default group also in."""
    rules = [
        {"direction": "egress", "ethertype": ethertype, "description": None}
        for ethertype in ("IPv4", "IPv6")
    ]
    if group["name"] == "default":
        rules += [
            {**rule, "direction": "ingress", "remote_group_id": group["id"]} for rule in rules
        ]
    owner = dict.fromkeys(RULES.owner_keys, group["project_id"])
    return [
        RULES.build(state, {**rule, **owner, "security_group_id": group["id"]}) for rule in rules
    ]


def _check_group(state: State, group: Document, body: Document) -> None:
    if body.get("name") == "default":
        text = "Default security group already exists."
        raise RefusalError(409, text, "SecurityGroupDefaultAlreadyExists")


def _check_group_change(state: State, group: Document, body: Document) -> None:
    if group["name"] == "default" and "name" in body:
        text = "Updating default security group not allowed."
        raise RefusalError(409, text, "SecurityGroupCannotUpdateDefault")


def _add_default_rules(state: State, group: Document) -> None:
    for rule in build_default_rules(state, group):
        RULES.open(state)[rule["id"]] = rule


def _release_group(state: State, group: Document) -> None:
    if group["name"] == "default":
        text = "Insufficient rights for removing default security group."
        raise RefusalError(409, text, "SecurityGroupCannotRemoveDefault")
    users = state.open_collection("network", "ports").values()
    if any(group["id"] in port["security_groups"] for port in users):
        raise RefusalError(409, f"Security Group {group['id']} in use.", "SecurityGroupInUse")
    for rule in list(RULES.open(state).values()):
        if group["id"] in (rule["security_group_id"], rule["remote_group_id"]):
            RULES.remove(state, rule)


def _present_groups(
    state: State, groups: Iterable[Document], request: Request
) -> Iterator[Document]:
    rules: dict[str, list[Document]] = {}
    for rule in RULES.open(state).values():
        rules.setdefault(rule["security_group_id"], []).append(rule)
    for group in groups:
        own = RULES.show(state, rules.get(group["id"], []), request)
        yield {**group, "security_group_rules": own}


GROUPS = Kind(
    collection="security-groups",
    key="security_group",
    title="Security group",
    defaults={
        "name": "",
        "stateful": True,
        "description": "",
        "shared": False,
        "security_group_rules": [],
        "tags": [],
        "revision_number": 1,
    },
    of_extension={
        "stateful": "stateful-security-group",
        "shared": "security-groups-shared-filtering",
    },
    for_admins=frozenset({"shared"}),
    fixed=frozenset({"id", "tags", "security_group_rules", "revision_number"}),
    complete=_check_group,
    follow=_add_default_rules,
    change=_check_group_change,
    release=_release_group,
    present=_present_groups,
    **NETWORK_KIND,
)


def _complete_rule(state: State, rule: Document, body: Document) -> None:
    group = GROUPS.find(state, str(body.get("security_group_id")))
    if remote := body.get("remote_group_id"):
        GROUPS.find(state, remote)
    if body.get("direction") not in ("ingress", "egress"):
        raise RefusalError(400, "Invalid input for direction.", "HTTPBadRequest")
    if body.get("remote_group_id") and body.get("remote_ip_prefix"):
        text = "Only remote_ip_prefix or remote_group_id may be provided."
        raise RefusalError(400, text, "SecurityGroupRemoteGroupAndRemoteIpPrefix")
    _normalize_rule(rule)
    _check_ports(rule)
    clash = make_clash_key(rule)
    for other in RULES.open(state).values():
        if other["security_group_id"] == group["id"] and make_clash_key(other) == clash:
            text = f"Security group rule already exists. Rule id is {other['id']}."
            raise RefusalError(409, text, "SecurityGroupRuleExists")


def _normalize_rule(rule: Document) -> None:
    protocol = rule["protocol"]
    if protocol is not None:
        protocol = str(protocol).lower()
    if protocol == "any":
        protocol = None
    if protocol == "icmp" and rule["ethertype"] == "IPv6":
        protocol = "ipv6-icmp"
    rule["protocol"] = protocol
    if protocol in _WITH_PORTS and (rule["port_range_min"], rule["port_range_max"]) == (1, 65535):
        rule |= {"port_range_min": None, "port_range_max": None}
    if prefix := rule["remote_ip_prefix"]:
        try:
            cidr = ipaddress.ip_network(prefix, strict=False)
        except ValueError:
            text = f"'{prefix}' is neither a valid IP address, nor is it a valid IP subnet"
            raise RefusalError(400, text, "HTTPBadRequest") from None
        if f"IPv{cidr.version}" != rule["ethertype"]:
            text = f"Conflicting value ethertype {rule['ethertype']} for CIDR {prefix}"
            raise RefusalError(400, text, "SecurityGroupRuleParameterConflict")
        rule["normalized_cidr"] = str(cidr)
    rule["belongs_to_default_sg"] = False


def _check_ports(rule: Document) -> None:
    lowest, highest = rule["port_range_min"], rule["port_range_max"]
    if lowest is None and highest is None:
        return
    if rule["protocol"] is None:
        text = "Must also specify protocol if port range is given."
        raise RefusalError(400, text, "SecurityGroupProtocolRequiredWithPorts")
    if rule["protocol"] in _WITH_PORTS and (lowest is None or highest is None or lowest > highest):
        text = "For TCP/UDP protocols, port_range_min must be <= port_range_max"
        raise RefusalError(400, text, "SecurityGroupInvalidPortRange")


def make_clash_key(rule: Document) -> tuple[Any, ...]:
    """Return what two rules of a group may not share; the description does not count."""
    prefix = rule["normalized_cidr"] or rule["remote_ip_prefix"]
    return (
        rule["direction"],
        rule["ethertype"],
        _NUMBERS.get(str(rule["protocol"]), rule["protocol"]),
        rule["port_range_min"],
        rule["port_range_max"],
        None if prefix in _EVERYWHERE else prefix,
        rule["remote_group_id"],
        rule["remote_address_group_id"],
    )


RULES = Kind(
    collection="security-group-rules",
    key="security_group_rule",
    title="Security group rule",
    defaults={
        "security_group_id": None,
        "ethertype": "IPv4",
        "direction": None,
        "protocol": None,
        "port_range_min": None,
        "port_range_max": None,
        "remote_ip_prefix": None,
        "remote_address_group_id": None,
        "normalized_cidr": None,
        "remote_group_id": None,
        "belongs_to_default_sg": False,
        "description": "",
        "revision_number": 0,
    },
    of_extension={
        "remote_address_group_id": "security-groups-remote-address-group",
        "normalized_cidr": "security-groups-normalized-cidr",
        "belongs_to_default_sg": "security-groups-rules-belongs-to-default-sg",
    },
    complete=_complete_rule,
    **NETWORK_KIND,
)
