"""The rules of a security group, made exactly those of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    NAME,
    OLD_ID,
    Argument,
    build_body,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import DEFAULT_GROUP
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import ApiError, TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task, is_placeholder
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import make_marker
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import (
    BOTH_IDS,
    Operation,
    Result,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.rules import (
    Rule,
    RuleChanges,
    compare_rules,
    keep_existing,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json, quote_id

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud

_RULES = "/security-group-rules"
# Neutron reads all rules of a request again for each of them (revision_plugin.py): for 200 rules,
# four requests take it three fifths of the time of one, and more requests are no faster.
_RULES_PER_REQUEST = 50
# Too many rules in one request for a proxy or the service, or one of them is there already.
_SPLIT_STATUSES = frozenset({409, 413, 502, 503, 504})

RULE = (
    Argument(
        "direction", "Direction of the packets.", choices=("ingress", "egress"), is_required=True
    ),
    Argument("ethertype", "Version of IP.", choices=("IPv4", "IPv6"), default="IPv4"),
    Argument("protocol", "Name or number of the protocol. Null means all."),
    Argument("port_range_min", "First port, or type of ICMP.", "int"),
    Argument("port_range_max", "Last port, or code of ICMP.", "int"),
    Argument("remote_ip_prefix", "Range of the other side's addresses."),
    Argument(
        "remote_group_id",
        "Id of the other side's security group in the destination.",
        refers_to="security group",
    ),
    Argument("remote_address_group_id", "Id of the other side's address group in the destination."),
    Argument("description", "Description of the rule.", implied=""),
)


def make_rules(task: Task) -> Result:
    """Compare, create what is missing, delete what is too much."""
    group_id = task.arguments["security_group"]
    answer: Result = {"id": group_id, "old_id": task.old_id}
    if is_placeholder(group_id):
        return {**answer, "changed": True}
    group = _fetch_group(task.cloud, group_id)
    is_default = task.name == DEFAULT_GROUP == group["name"]
    if not is_default and make_marker(task.old_id) not in (group.get("tags") or ()):
        return {**answer, "changed": False}
    existing = group["security_group_rules"]
    changes = compare_rules(task.arguments["rules"], existing)
    has_surplus = bool(changes.in_the_way or changes.extra)
    if is_default and has_surplus and _has_foreign_ports(task, group_id, changes):
        changes = keep_existing(changes, existing)
    if not task.is_check_mode:
        _apply_changes(task, group_id, changes)
    return {**answer, "changed": not changes.is_empty}


def build_rule_body(group_id: str, rule: Rule) -> Rule:
    """Return the body that creates the rule in the group."""
    return {"security_group_id": group_id, **build_body(RULE, rule)}


def has_same_rules(wanted: list[Rule], found: list[Rule]) -> bool:
    """Whether neutron takes both for the same rules."""
    return compare_rules(wanted, [{**rule, "id": ""} for rule in found]).is_empty


def _fetch_group(cloud: Cloud, group_id: str) -> Json:
    group: Json = cloud.get("network", f"/security-groups/{quote_id(group_id)}")["security_group"]
    return group


def _apply_changes(task: Task, group_id: str, changes: RuleChanges) -> None:
    for rule_id in changes.in_the_way:
        task.cloud.delete("network", f"{_RULES}/{quote_id(rule_id)}")
    for first in range(0, len(changes.missing), _RULES_PER_REQUEST):
        _create_rules(task, group_id, changes.missing[first : first + _RULES_PER_REQUEST])
    for rule_id in changes.extra:
        task.cloud.delete("network", f"{_RULES}/{quote_id(rule_id)}")


def _create_rules(task: Task, group_id: str, rules: list[Rule]) -> None:
    body = {"security_group_rules": [build_rule_body(group_id, rule) for rule in rules]}
    try:
        task.cloud.post("network", _RULES, body)
    except ApiError as refusal:
        if refusal.status not in _SPLIT_STATUSES or "quota" in refusal.why.lower():
            raise
        if len(rules) == 1:
            raise TaskError(
                f"rule {escape_controls(str(body['security_group_rules'][0]))}",
                refusal.why,
                refusal.remedy,
            ) from refusal
        # The service creates all rules of a request or none.
        middle = len(rules) // 2
        _create_rules(task, group_id, rules[:middle])
        _create_rules(task, group_id, rules[middle:])


def _has_foreign_ports(task: Task, group_id: str, changes: RuleChanges) -> bool:
    """Whether ports that were not imported rely on the rules that would go; warns if so."""
    query: dict[str, str | list[str]] = {
        "project_id": task.cloud.get_project_id(),
        "fields": ["id", "security_groups"],
    }
    ours = {row.new_id for row in task.record.read_rows() if row.type_name == "port"}
    foreign = sorted(
        str(port["id"])
        for port in task.cloud.list_all("network", "/ports", "ports", query)
        if group_id in (port.get("security_groups") or ()) and port["id"] not in ours
    )
    if foreign:
        task.warn(
            f"{len(changes.extra) + len(changes.in_the_way)} rules that the source does not have "
            f"stay in the project's default group, because {len(foreign)} ports that were not "
            f"imported use it: {', '.join(foreign[:5])}"
        )
    return bool(foreign)


SECURITY_GROUP_RULES = Operation(
    name="security_group_rules",
    label="security group",
    summary="makes the rules of a security group exactly the given ones",
    description=(
        "Creates the rules that are missing, fifty in a request, and deletes the others.",
        (
            "A group that downpour did not make is left as it is, except the project's C(default) "
            "group. Other rules of that one stay while ports that were not imported use it."
        ),
    ),
    services=("network",),
    arguments=(
        OLD_ID,
        NAME,
        Argument(
            "security_group",
            "Id of the security group in the destination.",
            wire="id",
            is_required=True,
            refers_to="security group",
        ),
        Argument(
            "rules",
            "All rules of the group.",
            "list",
            "dict",
            options=RULE,
            wire="security_group_rules",
            is_required=True,
            is_same=has_same_rules,
        ),
    ),
    returns=BOTH_IDS,
    work=make_rules,
    example="""\
- name: Make the rules of security group web
  downpour.cloud.security_group_rules:
    old_id: 4a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "web"
    security_group: "{{ security_group_web.id }}"
    rules:
      - direction: ingress
        protocol: tcp
        port_range_min: 443
        port_range_max: 443
        remote_ip_prefix: 0.0.0.0/0
""",
)
