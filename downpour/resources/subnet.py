"""Subnets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from downpour.collection import DECLARATIONS
from downpour.resources.declaration import ResourceType
from downpour.resources.inventory import Inventory
from downpour.resources.model import Key, Listing, Options, Resource
from downpour.resources.router import read_joined_subnets
from downpour.resources.scope import Scope


def bring_routers(subnet: Resource, options: Options, inventory: Inventory) -> Iterator[Key]:
    """Yield the routers that have an interface in a subnet."""
    for port in inventory.find_by("port", read_joined_subnets, subnet.id):
        yield ("router", port["device_id"])


def describe_subnet(subnet: Resource, scope: Scope) -> dict[str, Any]:
    """Tell that the addresses are kept, their pool is not; and about routers of others."""
    for key in sorted(set(bring_routers(subnet, Options(), scope.inventory))):
        scope.refer(subnet, key, f"its router {key[1]}")
    if subnet["subnetpool_id"]:
        scope.note(
            subnet, "it was allocated from a subnet pool; it is made with the same range by itself"
        )
    return {}


SUBNET = ResourceType(
    declaration=DECLARATIONS["subnet"],
    sdk_class="openstack.network.v2.subnet:Subnet",
    listing=Listing("network.subnets"),
    special=frozenset({"subnetpool_id"}),
    read_only=frozenset(
        {
            "prefixlen",
            "use_default_subnetpool",
        }
    ),
    dropped={
        "dns_publish_fixed_ip": "publishing names needs the DNS service",
        "segment_id": "belongs to the provider",
        "service_types": "needs admin rights",
    },
    bring=bring_routers,
    describe=describe_subnet,
)
