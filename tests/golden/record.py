"""Records the listings of a project, with ids, keys and addresses of the site replaced.

``python -m tests.golden.record > tests/golden/listings.json`` (the cloud is chosen by ``OS_CLOUD``
or ``OS_*``). Names, descriptions and metadata stay: record only a tenant made for it.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from typing import Any

from downpour.cloud import connect
from downpour.resources import RESOURCE_TYPES

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b")
_TIME = re.compile(r"20\d\d-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:\.\d+)?(Z?)")
_MAC_ADDRESS = re.compile(r"fa:16:3e(?::[0-9a-f]{2}){3}")
_LINK = re.compile(r"https?://[^/\"]+(:\d+)?")
_HOST_KEYS = ("host", "hostId", "OS-EXT-SRV-ATTR:host", "binding:host_id", "direct_url")


def record_listings() -> dict[str, Any]:
    """Return the project's id and all listings that an export reads."""
    cloud = connect(None, None)
    listings = {
        listing.name: listing
        for resource_type in RESOURCE_TYPES.values()
        for listing in (resource_type.listing, *resource_type.more_listings)
    }
    return {
        "project_id": cloud.project_id,
        "listings": {name: cloud.read_listing(listings[name]) for name in sorted(listings)},
    }


def anonymise(text: str) -> str:
    """Replace what tells one site from another, each value by the same one everywhere."""
    known: dict[str, str] = {}

    def number(match: re.Match[str], kind: str) -> int:
        known.setdefault(match[0], kind)
        return [value for value, of in known.items() if of == kind].index(match[0])

    def rename(match: re.Match[str]) -> str:
        digest = hashlib.sha256(str(number(match, "id")).encode()).hexdigest()[:32]
        if "-" not in match[0]:
            return digest
        return "-".join(
            (digest[:8], digest[8:12], "4" + digest[13:16], "8" + digest[17:20], digest[20:])
        )

    text = _UUID.sub(rename, text)
    text = _TIME.sub(lambda match: f"2026-01-02{match[1]}03:04:05{match[2]}", text)
    text = _MAC_ADDRESS.sub(lambda match: f"fa:16:3e:00:00:{number(match, 'mac'):02x}", text)
    return _LINK.sub("https://cloud.example", text)


def hide_hosts(value: Any) -> Any:
    """Replace the names of machines, at any depth."""
    if isinstance(value, dict):
        return {
            key: "host" if key in _HOST_KEYS and item else hide_hosts(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [hide_hosts(item) for item in value]
    return value


if __name__ == "__main__":
    document = hide_hosts(json.loads(json.dumps(record_listings(), default=str)))
    sys.stdout.write(anonymise(json.dumps(document, indent=1, sort_keys=True)) + "\n")
