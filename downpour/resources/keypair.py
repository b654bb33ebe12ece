"""Keypairs: the public half; a cloud never gives out the private one. Their id is their name."""

from __future__ import annotations

from typing import Any

from downpour.collection import DECLARATIONS
from downpour.resources.declaration import FileSection, ResourceType, Selector
from downpour.resources.model import Listing, Resource, WrittenFile
from downpour.resources.scope import Scope


def describe_keypair(keypair: Resource, scope: Scope) -> dict[str, Any]:
    """Put the public key into a file."""
    key = keypair["public_key"].strip() + "\n"
    return {"public_key_file": WrittenFile(keypair.key, "pub", key)}


KEYPAIR = ResourceType(
    declaration=DECLARATIONS["keypair"],
    sdk_class="openstack.compute.v2.keypair:Keypair",
    listing=Listing("compute.keypairs"),
    special=frozenset({"public_key"}),
    read_only=frozenset({"deleted", "fingerprint", "private_key", "user_id"}),
    section=FileSection("keypairs", (Selector("keypair-name", "keypairs by name"),)),
    describe=describe_keypair,
)
