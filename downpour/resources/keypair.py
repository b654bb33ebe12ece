"""Keypairs: the public half; a cloud never gives out the private one. Their id is their name."""

from __future__ import annotations

from typing import Any

from downpour.resources.model import Carried, Field, Resource, ResourceType


def extend_keypair(resource: Resource, carried: Carried) -> dict[str, Any]:
    """Name the file with the public key."""
    return {"public_key_file": carried.file_for(resource)}


KEYPAIR = ResourceType(
    name="keypair",
    sdk_class="openstack.compute.v2.keypair:Keypair",
    listing="compute.keypairs",
    module="keypair",
    task_file="keypairs",
    fields=(Field("name"), Field("type", default="ssh", argument="key_type")),
    special=frozenset({"public_key"}),
    read_only=frozenset({"created_at", "deleted", "fingerprint", "private_key", "user_id"}),
    extend_arguments=extend_keypair,
)
