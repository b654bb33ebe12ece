"""Routers with their interfaces; the external network is chosen in ``destination.yml``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from downpour.collection import AUTOMATIC_ADDRESS_MODES, DECLARATIONS, INTERFACE_OWNERS
from downpour.resources.declaration import ResourceType
from downpour.resources.inventory import Inventory
from downpour.resources.model import Listing, Resource, describe_resource
from downpour.resources.network import choose_network
from downpour.resources.scope import Scope


@dataclasses.dataclass(frozen=True)
class Interface:
    """An address of a router in a subnet, which the project may not see."""

    subnet_id: str
    subnet: Resource | None
    address: str


def read_joining_router(port: Resource) -> Iterator[str]:
    """Yield the router of which a port is an interface."""
    if port["device_owner"] in INTERFACE_OWNERS:
        yield port["device_id"]


def read_joined_subnets(port: Resource) -> Iterator[str]:
    """Yield the subnets that a router joins by a port."""
    if port["device_owner"] in INTERFACE_OWNERS:
        for address in port["fixed_ips"] or ():
            yield address["subnet_id"]


def list_interfaces(router: Resource, inventory: Inventory) -> list[Interface]:
    """Return the interfaces of a router, ordered by subnet and address."""
    interfaces = []
    for port in inventory.find_by("port", read_joining_router, router.id):
        for address in port["fixed_ips"] or ():
            subnet = inventory.get(("subnet", address["subnet_id"]))
            # Neutron adds such an address by itself to a port that has another one.
            is_added = subnet is not None and has_automatic_addresses(subnet)
            is_gateway = subnet is not None and address["ip_address"] == subnet["gateway_ip"]
            if is_gateway or not is_added or len(port["fixed_ips"]) == 1:
                interfaces.append(Interface(address["subnet_id"], subnet, address["ip_address"]))
    return sorted(interfaces, key=lambda interface: (interface.subnet_id, interface.address))


def has_automatic_addresses(subnet: Resource) -> bool:
    """Tell whether neutron makes the addresses of ports from their MACs, and takes no others."""
    modes = {subnet["ipv6_address_mode"], subnet["ipv6_ra_mode"]}
    return not AUTOMATIC_ADDRESS_MODES.isdisjoint(modes)


def describe_router(router: Resource, scope: Scope) -> dict[str, Any]:
    """Name the interfaces in subnets that are carried, and the external network."""
    interfaces = []
    for interface in list_interfaces(router, scope.inventory):
        argument = _describe_interface(router, interface, scope)
        if argument is not None:
            interfaces.append(argument)
    arguments: dict[str, Any] = {"interfaces": interfaces}
    gateway = router["external_gateway_info"]
    if gateway:
        arguments["external_network"] = choose_network(gateway["network_id"], scope.inventory)
        scope.note(router, "the destination gives its gateway a new public address")
    return arguments


def _describe_interface(
    router: Resource, interface: Interface, scope: Scope
) -> dict[str, Any] | None:
    subnet, key = interface.subnet, ("subnet", interface.subnet_id)
    if subnet is not None and scope.inventory.is_owned(subnet) and not scope.is_member(key):
        scope.note(
            router,
            f"its interface {interface.address} in {describe_resource(subnet)} is left out: "
            "nothing of this export is in that subnet",
        )
        return None
    what = f"its interface {interface.address} in subnet {interface.subnet_id}"
    reference = scope.refer(router, key, what)
    if reference is None or subnet is None:
        return None
    argument: dict[str, Any] = {"subnet": reference}
    if interface.address != subnet["gateway_ip"] and not has_automatic_addresses(subnet):
        argument["ip_address"] = interface.address
    return argument


ROUTER = ResourceType(
    declaration=DECLARATIONS["router"],
    sdk_class="openstack.network.v2.router:Router",
    listing=Listing("network.routers"),
    special=frozenset({"external_gateway_info"}),
    read_only=frozenset(
        {
            "availability_zones",
            "revision",
            "status",
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
    volatile=frozenset({"revision"}),
    describe=describe_router,
)
