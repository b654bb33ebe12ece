"""Routers with their interfaces; the external network is chosen in ``destination.yml``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from downpour.resources.inventory import Inventory
from downpour.resources.model import (
    Carried,
    DestinationValue,
    Field,
    Finding,
    Reference,
    Resource,
    ResourceType,
    note,
    omission,
)

# neutron_lib.constants: a router's ports in tenant networks, plain, distributed and with HA
INTERFACE_OWNERS = frozenset(
    {
        "network:ha_router_replicated_interface",
        "network:router_interface",
        "network:router_interface_distributed",
    }
)

_AUTOMATIC_MODES = frozenset({"slaac", "dhcpv6-stateless"})


def list_interface_ports(inventory: Inventory) -> list[Resource]:
    """Return all ports by which routers join subnets, ordered by router and address."""
    ports = [
        port
        for port in inventory.read_type("port").values()
        if port["device_owner"] in INTERFACE_OWNERS
    ]
    return sorted(ports, key=lambda port: (port["device_id"], str(port["fixed_ips"])))


def list_interfaces(router: Resource, inventory: Inventory) -> list[tuple[Resource | None, str]]:
    """Return ``(subnet, address)`` for each interface; ``None`` for a subnet not visible."""
    interfaces = []
    for port in list_interface_ports(inventory):
        if port["device_id"] != router.id:
            continue
        for address in port["fixed_ips"] or ():
            subnet = inventory.get(("subnet", address["subnet_id"]))
            # Neutron adds such an address by itself to a port that has another one.
            is_added = subnet is not None and has_automatic_addresses(subnet)
            is_gateway = subnet is not None and address["ip_address"] == subnet["gateway_ip"]
            if is_gateway or not is_added or len(port["fixed_ips"]) == 1:
                interfaces.append((subnet, address["ip_address"]))
    return sorted(
        interfaces,
        key=lambda interface: (interface[0].key if interface[0] else ("", ""), interface[1]),
    )


def has_automatic_addresses(subnet: Resource) -> bool:
    """Tell whether neutron makes the addresses of ports from their MACs, and takes no others.

    See neutron/common/ipv6_utils.py, ``is_auto_address_subnet``.
    """
    return not _AUTOMATIC_MODES.isdisjoint({subnet["ipv6_address_mode"], subnet["ipv6_ra_mode"]})


def find_interfaces(router: Resource, inventory: Inventory) -> Iterator[Finding]:
    """Tell about interfaces that cannot be carried, and about the gateway's address."""
    for subnet, address in list_interfaces(router, inventory):
        if subnet is None or not inventory.is_owned(subnet):
            yield omission(
                router,
                f"its interface {address} is left out: the subnet belongs to another project",
            )
    if router["external_gateway_info"]:
        yield note(router, "the destination gives its gateway a new public address")


def extend_router(router: Resource, carried: Carried) -> dict[str, Any]:
    """Name the external network and the interfaces in subnets that are carried."""
    interfaces = []
    for subnet, address in list_interfaces(router, carried.inventory):
        if subnet is not None and carried.holds(*subnet.key):
            interface: dict[str, Any] = {"subnet": Reference(*subnet.key)}
            if address != subnet["gateway_ip"] and not has_automatic_addresses(subnet):
                interface["ip_address"] = address
            interfaces.append(interface)
    arguments: dict[str, Any] = {"interfaces": interfaces}
    gateway = router["external_gateway_info"]
    if gateway:
        arguments["external_network"] = choose_network(gateway["network_id"], carried.inventory)
    return arguments


def choose_network(network_id: str, inventory: Inventory) -> DestinationValue:
    """Return the choice in ``destination.yml`` for a network that is not carried."""
    network = inventory.get(("network", network_id))
    name = network.name if network else network_id
    return DestinationValue("networks", network_id, name, f"source id {network_id}", name)


ROUTER = ResourceType(
    name="router",
    sdk_class="openstack.network.v2.router:Router",
    listing="network.routers",
    module="router",
    task_file="routers",
    fields=(
        Field("name"),
        Field("description", default=""),
        Field("admin_state_up", default=True),
        Field("routes", default=[]),
        Field("tags", default=[]),
    ),
    special=frozenset({"external_gateway_info"}),
    read_only=frozenset(
        {
            "availability_zones",
            "created_at",
            "project_id",
            "revision",
            "revision_number",
            "status",
            "tenant_id",
            "updated_at",
        }
    ),
    dropped={
        "availability_zone_hints": "zones of the source say nothing in the destination",
        "distributed": "needs admin rights",
        "enable_ndp_proxy": "NDP proxies are not carried",
        "evpn_vni": "belongs to the provider",
        "flavor_id": "router flavors belong to the operator",
        "ha": "needs admin rights",
    },
    volatile=frozenset({"revision", "revision_number", "updated_at"}),
    find=find_interfaces,
    extend_arguments=extend_router,
    is_owned=lambda resource, project_id: resource["project_id"] == project_id,
)
