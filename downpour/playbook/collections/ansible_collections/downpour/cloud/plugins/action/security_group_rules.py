"""Make the rules of a security group exactly those of the source."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import ImportAction, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud, Json, quote_id
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import (
    ApiError,
    TaskError,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task, is_placeholder
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import make_marker
from ansible_collections.downpour.cloud.plugins.plugin_utils.rules import (
    DEFAULT_GROUP,
    Rule,
    RuleChanges,
    build_rule_body,
    compare_rules,
    keep_existing,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls

_RULES = "/security-group-rules"
# Neutron reads all rules of a request again for each of them (revision_plugin.py): for 200 rules,
# four requests take it three fifths of the time of one, and more requests are no faster.
_RULES_PER_REQUEST = 50
# Too many rules in one request for a proxy or the service, or one of them is there already.
_SPLIT_STATUSES = frozenset({409, 413, 502, 503, 504})


class ActionModule(ImportAction):
    """The rules of a group that downpour made, or of the project's default group."""

    TYPE_NAME = "security group"
    SERVICES = ("network",)

    def act(self, task: Task) -> Result:
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
