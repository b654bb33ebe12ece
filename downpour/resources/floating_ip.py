"""Floating IPs of ports; the destination gives new ones, unless it is told which to use."""

from __future__ import annotations

from typing import Any

from downpour.collection import DECLARATIONS
from downpour.resources.declaration import ResourceType
from downpour.resources.model import DestinationValue, Listing, Resource
from downpour.resources.scope import Scope


def describe_floating_ip(floating_ip: Resource, scope: Scope) -> dict[str, Any]:
    """Name the port's address, where that is kept, and what may be used instead."""
    scope.note(floating_ip, "the destination gives a new address, unless destination.yml names one")
    arguments = {"use": DestinationValue("floating_ips", floating_ip.id, floating_ip.name)}
    port = scope.members.get(("port", floating_ip["port_id"]))
    if port is not None and scope.is_member(("network", port["network_id"])):
        return FLOATING_IP.select(floating_ip, ["fixed_ip_address"]) | arguments
    if port is not None and len(port["fixed_ips"] or ()) > 1:
        address = floating_ip["fixed_ip_address"]
        scope.omit(floating_ip, f"that it is for the port's address {address} is left out")
    return arguments


FLOATING_IP = ResourceType(
    declaration=DECLARATIONS["floating ip"],
    sdk_class="openstack.network.v2.floating_ip:FloatingIP",
    listing=Listing("network.ips"),
    label="floating_ip_address",
    special=frozenset({"fixed_ip_address"}),
    read_only=frozenset("floating_ip_address name port_details router_id status subnet_id".split()),
    dropped={
        "dns_domain": "publishing names needs the DNS service",
        "dns_name": "publishing names needs the DNS service",
        "qos_policy_id": "QoS policies belong to the operator",
    },
    volatile=frozenset({"status"}),
    owner=lambda floating_ip: ("port", floating_ip["port_id"]),
    describe=describe_floating_ip,
)
