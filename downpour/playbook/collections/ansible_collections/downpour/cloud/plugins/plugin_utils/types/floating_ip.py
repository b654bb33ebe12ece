"""Floating IPs: a new address of an external network, or one that is allocated already."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    DESCRIPTION,
    TAGS,
    USE,
    Argument,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.section import Listing, Section
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json, quote_id


def associate_address(task: Task, found: Json) -> Json:
    """Give a chosen address to the port; raises TaskError if another port has it."""
    port, current = task.arguments.get("port"), found.get("port_id")
    if not port or current == port:
        return found
    if current:
        why = f"{found['floating_ip_address']} belongs to port {current} already"
        raise TaskError("look-up", why, "Name another one in destination.yml.")
    body = {"port_id": port, "fixed_ip_address": task.arguments.get("fixed_ip_address")}
    address = f"{FLOATING_IP.path}/{quote_id(found['id'])}"
    return FLOATING_IP.unwrap(task.cloud.put("network", address, FLOATING_IP.wrap(body)))


FLOATING_IPS = Section(
    name="floating_ips",
    prefix="floating_ip",
    label="floating IP",
    comment="Floating IPs: an address or id of one that is allocated already, null for a new one",
    listings=(Listing("network", "/floatingips", "floatingips", name_key="floating_ip_address"),),
)
FLOATING_IP = ResourceType(
    name="floating ip",
    service="network",
    path="/floatingips",
    key="floatingip",
    marker=NetworkTag("floatingip", born_in="description", kept=("port_id", "fixed_ip_address")),
    has_name=False,
    arguments=(
        Argument(
            "external_network",
            "Id of the external network in the destination.",
            wire="floating_network_id",
            is_required=True,
            refers_to="network",
        ),
        Argument("port", "Id of the port it belongs to.", wire="port_id", refers_to="port"),
        Argument("fixed_ip_address", "Which of the port's addresses it is for."),
        DESCRIPTION,
        TAGS,
        USE,
    ),
    adopt=associate_address,
)
