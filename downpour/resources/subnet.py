"""Subnets."""

from __future__ import annotations

from collections.abc import Iterator

from downpour.resources.inventory import Inventory
from downpour.resources.model import Field, Finding, Key, Resource, ResourceType, note, omission
from downpour.resources.router import list_interface_ports


def bring_routers(subnet: Resource, inventory: Inventory) -> Iterator[Key]:
    """Yield the routers that have an interface in a subnet."""
    for port in list_interface_ports(inventory):
        if any(address["subnet_id"] == subnet.id for address in port["fixed_ips"] or ()):
            yield ("router", port["device_id"])


def find_subnet(subnet: Resource, inventory: Inventory) -> Iterator[Finding]:
    """Tell that the addresses are kept, their pool is not; and about routers of others."""
    for key in dict.fromkeys(bring_routers(subnet, inventory)):
        router = inventory.get(key)
        if router is None or not inventory.is_owned(router):
            yield omission(subnet, f"its router {key[1]} is left out: it is another project's")
    if subnet["subnetpool_id"]:
        yield note(
            subnet, "it was allocated from a subnet pool; it is made with the same range by itself"
        )


SUBNET = ResourceType(
    name="subnet",
    sdk_class="openstack.network.v2.subnet:Subnet",
    listing="network.subnets",
    module="subnet",
    task_file="subnets",
    needs={"network_id": "network"},
    fields=(
        Field("name"),
        Field("description", default=""),
        Field("ip_version"),
        Field("cidr"),
        Field("gateway_ip", is_null_kept=True),
        Field("enable_dhcp", default=True),
        Field("allocation_pools"),
        Field("dns_nameservers", default=[]),
        Field("host_routes", default=[]),
        Field("ipv6_address_mode"),
        Field("ipv6_ra_mode"),
        Field("tags", default=[]),
    ),
    special=frozenset({"subnetpool_id"}),
    read_only=frozenset(
        {
            "created_at",
            "prefixlen",
            "project_id",
            "revision_number",
            "tenant_id",
            "updated_at",
            "use_default_subnetpool",
        }
    ),
    dropped={
        "dns_publish_fixed_ip": "publishing names needs the DNS service",
        "segment_id": "belongs to the provider",
        "service_types": "needs admin rights",
    },
    volatile=frozenset({"revision_number", "updated_at"}),
    bring=bring_routers,
    find=find_subnet,
    is_owned=lambda resource, project_id: resource["project_id"] == project_id,
)
