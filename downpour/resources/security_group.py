"""Security groups, made first, and their rules, which may refer to each other's groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from downpour.collection import DECLARATIONS, DEFAULT_GROUP, RULE_ARGUMENTS
from downpour.resources.declaration import ResourceType, select_value
from downpour.resources.inventory import Inventory
from downpour.resources.model import Attributes, Key, Listing, Options, Reference, Resource, Task
from downpour.resources.scope import Scope


def list_rules(group: Resource, inventory: Inventory) -> list[Resource]:
    """Return the rules of a group, in an order that does not depend on the cloud's ids."""
    rules = inventory.find_by("security group rule", "security_group_id", group.id)
    facts = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max")
    more = ("remote_ip_prefix", "remote_group_id", "description", "id")
    return sorted(rules, key=lambda rule: [str(rule[fact] or "") for fact in facts + more])


def bring_remote_groups(group: Resource, options: Options, inventory: Inventory) -> Iterator[Key]:
    """Yield the groups that the group's rules refer to."""
    for rule in list_rules(group, inventory):
        if rule["remote_group_id"]:
            yield ("security group", rule["remote_group_id"])


def describe_group(group: Resource, scope: Scope) -> dict[str, Any]:
    """Name the tags; those of the default group stay behind, for it is not changed."""
    tags = SECURITY_GROUP.select(group, ["tags"])
    if group.name != DEFAULT_GROUP:
        return tags
    scope.note(group, "the destination project's own default group is used and given these rules")
    if tags:
        scope.omit(group, "its tags are left out: the default group is not changed otherwise")
    return {}


def add_rules(group: Resource, scope: Scope) -> Iterator[Task]:
    """Yield the task that makes the group's rules exactly the source's, once all groups exist."""
    described = [_describe_rule(rule, group, scope) for rule in list_rules(group, scope.inventory)]
    arguments = {
        "old_id": group.id,
        "name": group.name,
        "security_group": Reference(*group.key),
        "rules": [rule for rule in described if rule],
    }
    yield Task(
        "Rules of security group",
        "security_group_rules",
        arguments,
        SECURITY_GROUP.task_file,
        group,
    )


def _describe_rule(rule: Resource, group: Resource, scope: Scope) -> dict[str, Any] | None:
    """Return one rule, ``None`` for one that cannot be made in another cloud."""
    what, remote = f"its rule {rule.id}", rule["remote_group_id"]
    if rule["remote_address_group_id"]:
        scope.omit(group, f"{what} is left out: it refers to an address group")
        return None
    arguments: dict[str, Any] = {}
    for field in SECURITY_GROUP_RULE.fields:
        arguments.update(select_value(field, rule.attributes))
    if remote:
        reference = scope.refer(
            group, ("security group", remote), what, "it refers to a foreign group"
        )
        if reference is None:
            return None
        arguments["remote_group_id"] = reference
    return arguments


def add_rule_documents(group: Resource, inventory: Inventory) -> Attributes:
    """Return the group's rules, which are read by a listing of their own."""
    rules = list_rules(group, inventory)
    return {"security_group_rules": [dict(sorted(rule.attributes.items())) for rule in rules]}


SECURITY_GROUP = ResourceType(
    declaration=DECLARATIONS["security group"],
    sdk_class="openstack.network.v2.security_group:SecurityGroup",
    listing=Listing("network.security_groups"),
    special=frozenset({"security_group_rules", "tags"}),
    read_only=frozenset(),
    dropped={"shared": "the rights of other projects are not carried"},
    bring=bring_remote_groups,
    describe=describe_group,
    complete=add_rules,
    add_attributes=add_rule_documents,
)

SECURITY_GROUP_RULE = ResourceType(
    name="security group rule",
    arguments=RULE_ARGUMENTS,
    sdk_class="openstack.network.v2.security_group_rule:SecurityGroupRule",
    listing=Listing("network.security_group_rules"),
    special=frozenset({"remote_group_id", "remote_address_group_id", "security_group_id"}),
    read_only=frozenset(
        {
            "name",
            "tags",
        }
    ),
)
