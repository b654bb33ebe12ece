"""A project's resources by the API's own words, past everything that downpour uses."""

from __future__ import annotations

import base64
import copy
import dataclasses
import hashlib
import struct
from collections.abc import Mapping
from typing import Any

from openstack.exceptions import raise_from_response

from demo.sandbox.projects import Project
from tests.integration.journey import wait_for

Document = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Kind:
    """Where a type of resource lives: proxy of the SDK, path, and key of one in an answer."""

    service: str
    path: str
    key: str
    listing: str = ""
    microversion: str | None = None


KINDS = {
    "keypair": Kind("compute", "/os-keypairs", "keypair", microversion="2.10"),
    "image": Kind("image", "/images", ""),
    "network": Kind("network", "/networks", "network"),
    "subnet": Kind("network", "/subnets", "subnet"),
    "router": Kind("network", "/routers", "router"),
    "security group": Kind("network", "/security-groups", "security_group"),
    "security group rule": Kind("network", "/security-group-rules", "security_group_rule"),
    "port": Kind("network", "/ports", "port"),
    "floating ip": Kind("network", "/floatingips", "floatingip"),
    "volume": Kind("block_storage", "/volumes", "volume", "/volumes/detail", "3.60"),
    "snapshot": Kind("block_storage", "/snapshots", "snapshot", "/snapshots/detail"),
    "server": Kind("compute", "/servers", "server", "/servers/detail", "2.79"),
}


class Api:
    """Requests of one project's member; all raise the SDK's exception when they are refused."""

    def __init__(self, project: Project):
        self.project = project

    def send(self, kind: str, method: str, path: str, **details: Any) -> Document:
        """Send a request to the service of a type and return the answer."""
        facts = KINDS[kind]
        proxy: Any = getattr(self.project.connection, facts.service)
        options = {"microversion": facts.microversion} | details
        answer = proxy.request(path, method, **options)
        raise_from_response(answer)
        document: Document = answer.json() if answer.content else {}
        return document

    def create(self, kind: str, **body: Any) -> Document:
        """Create a resource of the attributes and return it."""
        facts = KINDS[kind]
        wrapped = {facts.key: body} if facts.key else body
        answer = self.send(kind, "POST", facts.path, json=wrapped)
        return dict(answer[facts.key]) if facts.key else answer

    def read(self, kind: str, resource_id: str) -> Document:
        """Return one resource."""
        facts = KINDS[kind]
        answer = self.send(kind, "GET", f"{facts.path}/{resource_id}")
        return dict(answer[facts.key]) if facts.key else answer

    def act(self, kind: str, resource_id: str, **action: Any) -> None:
        """Let a resource do something: nova's and cinder's ``action``."""
        self.send(kind, "POST", f"{KINDS[kind].path}/{resource_id}/action", json=action)

    def put(self, kind: str, resource_id: str, path: str, **body: Any) -> None:
        """Change what lies under a resource's own path."""
        self.send(kind, "PUT", f"{KINDS[kind].path}/{resource_id}{path}", json=body)

    def delete(self, kind: str, resource_id: str) -> None:
        """Delete a resource."""
        self.send(kind, "DELETE", f"{KINDS[kind].path}/{resource_id}")

    def list_all(self, kind: str) -> list[Document]:
        """Return all resources of a type that belong to the project."""
        facts = KINDS[kind]
        path = facts.listing or facts.path
        plural = facts.path.strip("/").replace("os-", "").replace("-", "_")
        if kind == "image":
            found = [
                image
                for hidden in ("false", "true")
                for image in self.send(
                    kind,
                    "GET",
                    path,
                    params={"owner": self.project.id, "os_hidden": hidden, "limit": 1000},
                )["images"]
            ]
        elif kind == "keypair":
            found = [item["keypair"] for item in self.send(kind, "GET", path)[plural]]
        elif facts.service == "network":
            parameters = {"project_id": self.project.id}
            found = self.send(kind, "GET", path, params=parameters)[plural]
        else:
            found = self.send(kind, "GET", path)[plural]
        return sorted(found, key=lambda item: str(item.get("id") or item["name"]))

    def take_inventory(self) -> dict[str, list[Document]]:
        """Return everything that the project has, without what changes by itself."""
        inventory = {}
        for kind in KINDS:
            found = copy.deepcopy(self.list_all(kind))
            for document in found:
                for name in ("updated", "updated_at", "revision_number", "links"):
                    document.pop(name, None)
            inventory[kind] = found
        return inventory

    def wait(self, kind: str, resource_id: str, status: str, *, refused: str = "error") -> Document:
        """Wait for a status and return the resource."""

        def read() -> Document | None:
            document = self.read(kind, resource_id)
            assert refused not in document["status"].lower() or status == document["status"], (
                document
            )
            return document if document["status"] == status else None

        found: Document = wait_for(read, f"{kind} {resource_id} to be {status}")
        return found

    def upload_image(self, data: bytes, **body: Any) -> Document:
        """Create an image with data in it; without a format it is raw."""
        attributes = {"disk_format": "raw", "container_format": "bare", **body}
        image = self.create("image", **attributes)
        self.send(
            "image",
            "PUT",
            f"/images/{image['id']}/file",
            data=data,
            headers={"Content-Type": "application/octet-stream"},
        )
        return self.read("image", image["id"])

    def patch_image(self, image_id: str, **attributes: Any) -> None:
        """Replace attributes of an image."""
        operations = [
            {"op": "replace", "path": f"/{name}", "value": value}
            for name, value in attributes.items()
        ]
        headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
        self.send("image", "PATCH", f"/images/{image_id}", json=operations, headers=headers)


def make_public_key(label: str) -> str:
    """Return an ``ssh-ed25519`` public key; the same for the same label."""
    words = (b"ssh-ed25519", hashlib.sha256(label.encode()).digest())
    blob = b"".join(struct.pack(">I", len(word)) + word for word in words)
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} {label}"


def find_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the types whose listings differ, with what is only in one of them."""
    changes: dict[str, Any] = {}
    for kind, documents in before.items():
        gone = [item for item in documents if item not in after[kind]]
        new = [item for item in after[kind] if item not in documents]
        if gone or new:
            changes[kind] = {"gone or changed": gone, "new": new}
    return changes
