"""Security groups, made first, and their rules, which may refer to each other's groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from downpour.resources.inventory import Inventory
from downpour.resources.model import (
    Carried,
    Field,
    Finding,
    Key,
    Reference,
    Resource,
    ResourceType,
    note,
    omission,
)


def list_rules(group: Resource, inventory: Inventory) -> list[Resource]:
    """Return the rules of a group, in an order that does not depend on the cloud's ids."""
    rules = (
        rule
        for rule in inventory.read_type("security group rule").values()
        if rule["security_group_id"] == group.id
    )
    facts = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max")
    more = ("remote_ip_prefix", "remote_group_id", "description", "id")
    return sorted(rules, key=lambda rule: [str(rule[fact] or "") for fact in facts + more])


def bring_remote_groups(group: Resource, inventory: Inventory) -> Iterator[Key]:
    """Yield the groups that the group's rules refer to."""
    for rule in list_rules(group, inventory):
        if rule["remote_group_id"]:
            yield ("security group", rule["remote_group_id"])


def _is_rule_carried(rule: Resource, inventory: Inventory) -> bool:
    if rule["remote_address_group_id"]:
        return False
    remote = rule["remote_group_id"]
    if not remote:
        return True
    group = inventory.get(("security group", remote))
    return group is not None and inventory.is_owned(group)


def find_rules(group: Resource, inventory: Inventory) -> Iterator[Finding]:
    """Tell about rules that cannot be made in another cloud, and about the default group."""
    for rule in list_rules(group, inventory):
        if not _is_rule_carried(rule, inventory):
            what = "an address group" if rule["remote_address_group_id"] else "a foreign group"
            yield omission(group, f"its rule {rule.id} is left out: it refers to {what}")
    if group.name == "default":
        yield note(
            group, "the destination project's own default group is used and given these rules"
        )
        if group["tags"]:
            yield omission(
                group, "its tags are left out: the default group is not changed otherwise"
            )


def build_rules(group: Resource, carried: Carried) -> dict[str, Any]:
    """Return the arguments of the task that makes the group's rules exactly the source's."""
    rules = []
    for rule in list_rules(group, carried.inventory):
        if not _is_rule_carried(rule, carried.inventory):
            continue
        arguments: dict[str, Any] = {}
        for field in SECURITY_GROUP_RULE.fields:
            arguments.update(field.select(rule.attributes))
        if rule["remote_group_id"]:
            arguments["remote_group_id"] = Reference("security group", rule["remote_group_id"])
        rules.append(arguments)
    return {
        "old_id": group.id,
        "name": group.name,
        "security_group": Reference(*group.key),
        "rules": rules,
    }


SECURITY_GROUP = ResourceType(
    name="security group",
    sdk_class="openstack.network.v2.security_group:SecurityGroup",
    listing="network.security_groups",
    module="security_group",
    task_file="security_groups",
    fields=(
        Field("name"),
        Field("description", default=""),
        Field("stateful", default=True),
        Field("tags", default=[]),
    ),
    special=frozenset({"security_group_rules"}),
    read_only=frozenset({"created_at", "project_id", "revision_number", "tenant_id", "updated_at"}),
    dropped={"shared": "the rights of other projects are not carried"},
    volatile=frozenset({"revision_number", "updated_at"}),
    bring=bring_remote_groups,
    find=find_rules,
    is_owned=lambda resource, project_id: resource["project_id"] == project_id,
)

SECURITY_GROUP_RULE = ResourceType(
    name="security group rule",
    sdk_class="openstack.network.v2.security_group_rule:SecurityGroupRule",
    listing="network.security_group_rules",
    fields=(
        Field("direction"),
        Field("ethertype"),
        Field("protocol"),
        Field("port_range_min"),
        Field("port_range_max"),
        Field("remote_ip_prefix"),
        Field("description", default=""),
    ),
    special=frozenset({"remote_group_id", "remote_address_group_id", "security_group_id"}),
    read_only=frozenset(
        {"created_at", "name", "project_id", "revision_number", "tags", "tenant_id", "updated_at"}
    ),
)
