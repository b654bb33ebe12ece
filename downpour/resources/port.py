"""Ports of servers, with their addresses where the project owns the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from downpour.collection import DECLARATIONS
from downpour.resources.declaration import ResourceType
from downpour.resources.inventory import Inventory
from downpour.resources.model import Key, Listing, Options, Resource
from downpour.resources.router import has_automatic_addresses
from downpour.resources.scope import Scope

# Only the network's owner may choose these (neutron/conf/policies/port.py).
_OWNER_ONLY = ("allowed_address_pairs", "mac_address", "port_security_enabled")


def bring_parts(port: Resource, options: Options, inventory: Inventory) -> Iterator[Key]:
    """Yield the security groups and the floating IPs of a port."""
    for group_id in port["security_groups"] or ():
        yield ("security group", group_id)
    for floating_ip in inventory.find_by("floating ip", "port_id", port.id):
        yield floating_ip.key


def describe_port(port: Resource, scope: Scope) -> dict[str, Any]:
    """Name the security groups, and what only the owner of a network may choose."""
    groups = [
        scope.refer(port, ("security group", group_id), f"its security group {group_id}")
        for group_id in port["security_groups"] or ()
    ]
    arguments: dict[str, Any] = {"security_groups": [group for group in groups if group]}
    chosen = PORT.select(port, _OWNER_ONLY)
    if scope.is_member(("network", port["network_id"])):
        arguments |= chosen
        arguments["fixed_ips"] = list(_describe_addresses(port, scope))
        return arguments
    addresses = [address["ip_address"] for address in port["fixed_ips"] or ()]
    addresses.append(chosen.pop("mac_address", None) or "no MAC")
    scope.omit(
        port,
        f"its addresses ({', '.join(addresses)}) are left out: "
        "only the owner of a network may choose them",
    )
    for name in chosen:
        scope.omit(port, f"its {name} is left out: only the owner of a network may choose that")
    return arguments


def _describe_addresses(port: Resource, scope: Scope) -> Iterator[dict[str, Any]]:
    """Leave out the address where neutron makes it of the MAC and refuses to be told one."""
    for address in port["fixed_ips"] or ():
        key = ("subnet", address["subnet_id"])
        what = f"its address {address['ip_address']}"
        subnet = scope.refer(port, key, what, "the subnet belongs to another project")
        found = scope.inventory.get(key)
        if subnet is None or found is None:
            continue
        if has_automatic_addresses(found):
            yield {"subnet": subnet}
        else:
            yield {"subnet": subnet, "ip_address": address["ip_address"]}


PORT = ResourceType(
    declaration=DECLARATIONS["port"],
    sdk_class="openstack.network.v2.port:Port",
    listing=Listing("network.ports"),
    special=frozenset({"fixed_ips", "security_groups", *_OWNER_ONLY}),
    # Nova sets the DNS name to the server's host name and refuses a port with another one.
    read_only=frozenset(
        {
            "binding:host_id",
            "binding:vif_details",
            "binding:vif_type",
            "data_plane_status",
            "device_id",
            "device_owner",
            "dns_assignment",
            "dns_name",
            "hardware_offload_type",
            "ip_allocation",
            "propagate_uplink_status",
            "qos_network_policy_id",
            "resource_request",
            "status",
            "trusted",
        }
    ),
    dropped={
        "binding:profile": "needs admin rights",
        "device_profile": "accelerators belong to the operator",
        "dns_domain": "a port's own DNS domain is not carried",
        "numa_affinity_policy": "needs admin rights",
        "pvlan_community": "private VLANs are not carried",
        "pvlan_type": "private VLANs are not carried",
        "qos_policy_id": "QoS policies belong to the operator",
        "trunk_details": "trunks are not carried",
    },
    bring=bring_parts,
    owner=lambda port: ("server", port["device_id"]),
    describe=describe_port,
)
