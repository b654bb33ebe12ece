"""Ports of servers, with their addresses where the project owns the network."""

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
    omission,
)
from downpour.resources.router import choose_network, has_automatic_addresses

# Only the network's owner may choose these (neutron/conf/policies/port.py).
_OWNER_ONLY = (
    Field("allowed_address_pairs", default=[]),
    Field("mac_address"),
    Field("port_security_enabled", default=True),
)


def _has_own_network(port: Resource, inventory: Inventory) -> bool:
    network = inventory.get(("network", port["network_id"]))
    return network is not None and inventory.is_owned(network)


def bring_security_groups(port: Resource, inventory: Inventory) -> Iterator[Key]:
    """Yield the security groups of a port."""
    for group_id in port["security_groups"] or ():
        yield ("security group", group_id)


def find_port(port: Resource, inventory: Inventory) -> Iterator[Finding]:
    """Tell what a port on somebody else's network cannot keep."""
    if not _has_own_network(port, inventory):
        addresses = ", ".join(address["ip_address"] for address in port["fixed_ips"] or ())
        yield omission(
            port,
            f"its addresses ({addresses}, {port['mac_address']}) are left out: "
            "only the owner of a network may choose them",
        )
        for field in _OWNER_ONLY:
            if field.name != "mac_address" and any(field.select(port.attributes)):
                yield omission(
                    port,
                    f"its {field.name} is left out: only the owner of a network may choose that",
                )
    for group_id in port["security_groups"] or ():
        group = inventory.get(("security group", group_id))
        if group is None or not inventory.is_owned(group):
            yield omission(
                port, f"its security group {group_id} is left out: it belongs to another project"
            )


def extend_port(port: Resource, carried: Carried) -> dict[str, Any]:
    """Name the network, the addresses and the security groups."""
    arguments: dict[str, Any] = {
        "security_groups": [
            Reference("security group", group_id)
            for group_id in port["security_groups"] or ()
            if carried.holds("security group", group_id)
        ]
    }
    if not _has_own_network(port, carried.inventory):
        arguments["network"] = choose_network(port["network_id"], carried.inventory)
        return arguments
    for field in _OWNER_ONLY:
        arguments.update(field.select(port.attributes))
    arguments["fixed_ips"] = [
        _build_address(address, carried.inventory)
        for address in port["fixed_ips"] or ()
        if carried.holds("subnet", address["subnet_id"])
    ]
    return arguments


def _build_address(address: dict[str, str], inventory: Inventory) -> dict[str, Any]:
    """Leave out the address where neutron makes it of the MAC and refuses to be told one."""
    reference: dict[str, Any] = {"subnet": Reference("subnet", address["subnet_id"])}
    subnet = inventory.get(("subnet", address["subnet_id"]))
    if subnet is None or not has_automatic_addresses(subnet):
        reference["ip_address"] = address["ip_address"]
    return reference


PORT = ResourceType(
    name="port",
    sdk_class="openstack.network.v2.port:Port",
    listing="network.ports",
    module="port",
    task_file="ports",
    needs={"network_id": "network"},
    fields=(
        Field("name"),
        Field("description", default=""),
        Field("admin_state_up", default=True),
        Field("binding:vnic_type", default="normal", argument="vnic_type"),
        Field("extra_dhcp_opts", default=[]),
        Field("tags", default=[]),
    ),
    special=frozenset({"fixed_ips", "security_groups"} | {field.name for field in _OWNER_ONLY}),
    # Nova sets the DNS name to the server's host name and refuses a port with another one.
    read_only=frozenset(
        {
            "binding:host_id",
            "binding:vif_details",
            "binding:vif_type",
            "created_at",
            "data_plane_status",
            "device_id",
            "device_owner",
            "dns_assignment",
            "dns_name",
            "hardware_offload_type",
            "ip_allocation",
            "project_id",
            "propagate_uplink_status",
            "qos_network_policy_id",
            "resource_request",
            "revision_number",
            "status",
            "tenant_id",
            "trusted",
            "updated_at",
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
    volatile=frozenset({"revision_number", "updated_at"}),
    bring=bring_security_groups,
    find=find_port,
    extend_arguments=extend_port,
    is_owned=lambda resource, project_id: resource["project_id"] == project_id,
)
