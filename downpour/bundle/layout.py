"""The names in a bundle."""

from __future__ import annotations

from downpour.errors import DownpourError, Problem
from downpour.text import printable

JOURNAL = "journal.jsonl"
MANIFEST = "manifest.json"
PLAYBOOK = "playbook.yml"
DESTINATION = "destination.yml"
CHECKSUMS = "SHA256SUMS"
DATA, FILES, TASKS = "data", "files", "tasks"


def name_data_file(type_name: str, source_id: str, disk_format: str) -> str:
    """Return the bundle's path for the bytes of a resource.

    Ids of images, volumes and servers are UUIDs; anything else is refused rather than used as a
    path.
    """
    if not source_id.replace("-", "").isalnum() or not disk_format.isalnum():
        raise DownpourError(
            Problem("strange-id", f"{type_name} {printable(source_id)}", "its id is no UUID")
        )
    return f"{DATA}/{type_name}-{source_id}.{disk_format}"
