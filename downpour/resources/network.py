"""Networks: a project's own are carried, external and shared ones of others are referenced."""

from __future__ import annotations

from collections.abc import Iterator

from downpour.collection import DECLARATIONS
from downpour.resources.declaration import ResourceType
from downpour.resources.inventory import Inventory
from downpour.resources.model import DestinationValue, Key, Listing, Options, Resource


def bring_subnets(network: Resource, options: Options, inventory: Inventory) -> Iterator[Key]:
    """Yield all subnets of a network of the project."""
    for subnet in inventory.find_by("subnet", "network_id", network.id):
        yield subnet.key


def choose_network(network_id: str, inventory: Inventory) -> DestinationValue:
    """Return the choice in ``destination.yml`` for a network that is not carried."""
    network = inventory.get(("network", network_id))
    name = network.name if network else network_id
    return DestinationValue("networks", network_id, name, f"source id {network_id}", name)


NETWORK = ResourceType(
    declaration=DECLARATIONS["network"],
    sdk_class="openstack.network.v2.network:Network",
    listing=Listing("network.networks"),
    read_only=frozenset(
        {
            "availability_zones",
            "ipv4_address_scope",
            "ipv6_address_scope",
            "provider:network_type",
            "provider:physical_network",
            "provider:segmentation_id",
            "segments",
            "status",
            "subnets",
        }
    ),
    dropped={
        "availability_zone_hints": "zones of the source say nothing in the destination",
        "is_default": "needs admin rights",
        "pvlan": "private VLANs are not carried",
        "qos_policy_id": "QoS policies belong to the operator",
        "router:external": "needs admin rights",
        "shared": "the rights of other projects are not carried",
        "vlan_qinq": "belongs to the provider",
        "vlan_transparent": "belongs to the provider",
    },
    bring=bring_subnets,
    choose=choose_network,
    is_owned=lambda resource, project_id: (
        resource["project_id"] == project_id and not resource["router:external"]
    ),
)
