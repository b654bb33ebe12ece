"""Keypairs: the id is the name, which may hold anything, also `..`: no path is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import RECORD_FILE
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NoMarker
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud

# 2.2 knows key types, and up to 2.34 the listing is not paged.
_LISTING_MICROVERSION = "2.2"
# Names may hold "@" and "." (the client never asks nova to make a key).
_NAMES_MICROVERSION = "2.92"


def list_keypairs(keypair: ResourceType, cloud: Cloud) -> list[Json]:
    """Return the user's keypairs, each with its name as its id."""
    listed = cloud.get(keypair.service, keypair.path, microversion=keypair.microversion)
    return [{**item["keypair"], "id": item["keypair"]["name"]} for item in listed["keypairs"]]


def fetch_keypair(keypair: ResourceType, cloud: Cloud, new_id: str) -> Json | None:
    """Return the keypair of that name."""
    listed = cloud.known.get(keypair.name)
    for item in list_keypairs(keypair, cloud) if listed is None else listed:
        if item["name"] == new_id:
            return item
    return None


def find_keypair(keypair: ResourceType, task: Task, is_fresh: bool) -> Json | None:
    """Return the keypair of the same name and key; raises TaskError for another key."""
    key = _read_public_key(task)
    if is_fresh:
        task.cloud.known.pop(keypair.name, None)
    found = fetch_keypair(keypair, task.cloud, task.name)
    if found is not None and _reduce_key(str(found["public_key"])) != _reduce_key(key):
        raise TaskError(
            "look-up",
            f"the destination has a keypair of this name with another key, "
            f"{escape_controls(str(found.get('fingerprint')))}",
            f"To use that one, add it to {RECORD_FILE}; else change the name in the task.",
        )
    return found


def import_keypair(keypair: ResourceType, task: Task) -> Json:
    """Import the public key."""
    body = {"name": task.name, "public_key": _read_public_key(task)}
    if task.arguments.get("key_type"):
        body["type"] = task.arguments["key_type"]
    cloud = task.cloud
    microversion = keypair.microversion
    if {"@", "."} & set(task.name):
        microversion = cloud.limit_microversion(keypair.service, _NAMES_MICROVERSION)
    answer = cloud.post(keypair.service, keypair.path, keypair.wrap(body), microversion)
    return {**answer[keypair.key], "id": task.name}


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


def _reduce_key(key: str) -> str:
    """Return the key without its comment, which says nothing about the key."""
    words = key.split()
    return " ".join(words[:2]) if key.startswith(("ssh-", "ecdsa-", "sk-")) else " ".join(words)


KEYPAIR = ResourceType(
    name="keypair",
    service="compute",
    path="/os-keypairs",
    key="keypair",
    marker=NoMarker(
        "One of the same name and key is taken for the same; one of the same name and another key "
        "is a failure."
    ),
    microversion=_LISTING_MICROVERSION,
    summary="imports a public key",
    opening="Imports a public key, or uses the one that stands for the old name already.",
    arguments=(
        Argument(
            "public_key_file",
            "File with the public key, relative to the playbook.",
            "path",
            wire=None,
            is_required=True,
            unreadable="the key is compared when the keypair is looked for",
        ),
        Argument(
            "key_type",
            "Kind of key. Left out, it is C(ssh).",
            wire="type",
            choices=("ssh", "x509"),
            implied="ssh",
        ),
    ),
    fetch=fetch_keypair,
    read_known=list_keypairs,
    find=find_keypair,
    create=import_keypair,
    example="""\
- name: Import keypair deploy
  downpour.cloud.keypair:
    old_id: "deploy"
    name: "deploy"
    public_key_file: files/keypair-deploy.pub
""",
)
