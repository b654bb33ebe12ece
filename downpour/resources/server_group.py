"""Server groups of the servers that are carried."""

from __future__ import annotations

from collections.abc import Iterator

from downpour.collection import DECLARATIONS
from downpour.resources.declaration import ResourceType
from downpour.resources.model import Listing, Resource


def read_members(server_group: Resource) -> Iterator[str]:
    """Yield the servers of a group."""
    yield from server_group["members"] or server_group["member_ids"] or ()


SERVER_GROUP = ResourceType(
    declaration=DECLARATIONS["server group"],
    sdk_class="openstack.compute.v2.server_group:ServerGroup",
    listing=Listing("compute.server_groups"),
    read_only=frozenset({"member_ids", "members", "metadata", "policies", "user_id"}),
    volatile=frozenset({"members"}),
)
