"""Import a keypair's public key."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import CreateAction
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud, Json
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.record import FILE_NAME
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls

# 2.2 knows key types, and up to 2.34 the listing is not paged.
_LISTING_MICROVERSION = "2.2"
# Names may hold "@" and "." (the client never asks nova to make a key).
_NAMES_MICROVERSION = "2.92"


class ActionModule(CreateAction):
    """A keypair: its id is its name, and it has no place for a marker.

    Names may hold anything, also `..`, so no path is made of them: the user's keypairs are listed.
    """

    RESOURCE_TYPE = ResourceType(
        "keypair", "compute", "/os-keypairs", "keypair", None, microversion=_LISTING_MICROVERSION
    )

    @classmethod
    def prepare(cls, cloud: Cloud) -> None:
        """Log in and read the user's keypairs."""
        super().prepare(cloud)
        cloud.snapshots.setdefault("keypair", _list_keypairs(cloud))

    def fetch(self, task: Task, new_id: str) -> Json | None:
        """Return the keypair of that name."""
        return _find_named(task.cloud, new_id)

    def find(self, task: Task, is_fresh: bool = False) -> Json | None:
        """Return the keypair of the same name and key; raises TaskError for another key."""
        key = self._read_public_key(task)
        if is_fresh:
            task.cloud.snapshots.pop("keypair", None)
        found = _find_named(task.cloud, task.name)
        if found is not None and _reduce_key(str(found["public_key"])) != _reduce_key(key):
            raise TaskError(
                "look-up",
                f"the destination has a keypair of this name with another key, "
                f"{escape_controls(str(found.get('fingerprint')))}",
                f"To use that one, add it to {FILE_NAME}; else change the name in the task.",
            )
        return found

    def create(self, task: Task) -> Json:
        """Import the public key."""
        body = {"name": task.name, "public_key": self._read_public_key(task)}
        if task.arguments.get("key_type"):
            body["type"] = task.arguments["key_type"]
        cloud = task.cloud
        cloud.snapshots.pop("keypair", None)
        microversion = _LISTING_MICROVERSION
        if {"@", "."} & set(task.name):
            microversion = cloud.limit_microversion("compute", _NAMES_MICROVERSION)
        answer = cloud.post("compute", "/os-keypairs", {"keypair": body}, microversion)
        return {**answer["keypair"], "id": task.name}

    @staticmethod
    def _read_public_key(task: Task) -> str:
        path = task.directory / str(task.arguments["public_key_file"])
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise TaskError(
                f"public key file {escape_controls(str(path))}",
                str(error),
                "Is the bundle complete? `sha256sum -c SHA256SUMS` tells.",
            ) from error


def _list_keypairs(cloud: Cloud) -> list[Json]:
    listed = cloud.get("compute", "/os-keypairs", microversion=_LISTING_MICROVERSION)["keypairs"]
    return [{**item["keypair"], "id": item["keypair"]["name"]} for item in listed]


def _find_named(cloud: Cloud, name: str) -> Json | None:
    listed = cloud.snapshots.get("keypair")
    for keypair in _list_keypairs(cloud) if listed is None else listed:
        if keypair["name"] == name:
            return keypair
    return None


def _reduce_key(key: str) -> str:
    """Return the key without its comment, which says nothing about the key."""
    words = key.split()
    return " ".join(words[:2]) if key.startswith(("ssh-", "ecdsa-", "sk-")) else " ".join(words)
