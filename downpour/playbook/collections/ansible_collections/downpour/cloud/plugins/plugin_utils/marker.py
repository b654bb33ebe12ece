"""The marker `downpour:<old id>` and the place that each service has for it.

The marker is on an object before anything else may fail, so that a task that was killed between
creating and recording finds its object again instead of making a twin.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud, Json, quote_id
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls

PREFIX = "downpour:"
# The services take these apart or refuse them in a tag.
_FORBIDDEN = frozenset(",/ \t\r\n")


def make_marker(old_id: str) -> str:
    """Return the marker of a source id; raises TaskError if no tag could hold it."""
    if not old_id or _FORBIDDEN & set(old_id) or escape_controls(old_id) != old_id:
        raise TaskError("old_id", f"'{escape_controls(old_id)}' is no id of OpenStack")
    return PREFIX + old_id


class MarkerPlace(Protocol):
    """Where a type of resource carries its marker."""

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        """Return the filters whose listings hold every object with the marker."""

    def make_snapshot_query(self, cloud: Cloud) -> dict[str, str | list[str]] | None:
        """Return the filter of one listing of all that may be marked; None: too big to read."""

    def is_marked(self, found: Json, marker: str) -> bool:
        """Whether the object carries the marker."""

    def mark_body(self, cloud: Cloud, body: Json, marker: str, tags: list[str]) -> None:
        """Put the marker and the source's tags into the body of the creating request."""

    def settle(self, cloud: Cloud, path: str, found: Json, wanted: Wanted) -> Json:
        """Finish what the creating request could not do; a second call does nothing."""


@dataclass(frozen=True)
class Wanted:
    """What an object is to be called once it is settled."""

    marker: str
    name: str
    tags: list[str]


class NetworkTag:
    """A tag of neutron, which takes tags only after the creation (ports: with one extension).

    So the object is born with the marker as its name, then tagged, then named: it can be found at
    every moment in between. Source: neutron, extensions/tagging.py (`allow_post` is false).
    """

    def __init__(self, key: str, extension: str = "") -> None:
        self._key = key
        self._extension = extension

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        project = {"project_id": cloud.get_project_id()}
        queries = [{"tags": marker, **project}]
        if not self._is_taggable_at_birth(cloud):
            queries.append({"name": marker, **project})
        return queries

    def make_snapshot_query(self, cloud: Cloud) -> dict[str, str | list[str]] | None:
        return {"project_id": cloud.get_project_id(), "fields": ["id", "name", "tags"]}

    def is_marked(self, found: Json, marker: str) -> bool:
        return marker in (found.get("tags") or ()) or found.get("name") == marker

    def mark_body(self, cloud: Cloud, body: Json, marker: str, tags: list[str]) -> None:
        if self._is_taggable_at_birth(cloud):
            body["tags"] = [*tags, marker]
        else:
            body["name"] = marker

    def settle(self, cloud: Cloud, path: str, found: Json, wanted: Wanted) -> Json:
        address = f"{path}/{quote_id(found['id'])}"
        if wanted.marker not in (found.get("tags") or ()):
            tags = {"tags": [*wanted.tags, wanted.marker]}
            found = {**found, **cloud.put("network", f"{address}/tags", tags)}
        if found.get("name") == wanted.marker != wanted.name:
            found = cloud.put("network", address, {self._key: {"name": wanted.name}})[self._key]
        return found

    def _is_taggable_at_birth(self, cloud: Cloud) -> bool:
        return bool(self._extension) and cloud.has_extension(self._extension)


class ImageTag:
    """A tag of glance, set in the creating request."""

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        # Others may share images with this very tag: only the project's own count. Hidden ones are
        # in a listing of their own.
        own = {"tag": marker, "owner": cloud.get_project_id()}
        return [own, {**own, "os_hidden": "true"}]

    def make_snapshot_query(self, cloud: Cloud) -> dict[str, str | list[str]] | None:
        return None

    def is_marked(self, found: Json, marker: str) -> bool:
        return marker in (found.get("tags") or ())

    def mark_body(self, cloud: Cloud, body: Json, marker: str, tags: list[str]) -> None:
        body["tags"] = [*tags, marker]

    def settle(self, cloud: Cloud, path: str, found: Json, wanted: Wanted) -> Json:
        return found


class ServerTag:
    """A tag of nova, set in the creating request (microversion 2.52)."""

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        return [{"tags": marker}]

    def make_snapshot_query(self, cloud: Cloud) -> dict[str, str | list[str]] | None:
        return None

    def is_marked(self, found: Json, marker: str) -> bool:
        return marker in (found.get("tags") or ())

    def mark_body(self, cloud: Cloud, body: Json, marker: str, tags: list[str]) -> None:
        body["tags"] = [*tags, marker]

    def settle(self, cloud: Cloud, path: str, found: Json, wanted: Wanted) -> Json:
        return found


class VolumeMetadata:
    """The metadata key `downpour` of a volume, set in the creating request."""

    KEY = "downpour"

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        return [{"metadata": json.dumps({self.KEY: marker.removeprefix(PREFIX)})}]

    def make_snapshot_query(self, cloud: Cloud) -> dict[str, str | list[str]] | None:
        return {}

    def is_marked(self, found: Json, marker: str) -> bool:
        return (found.get("metadata") or {}).get(self.KEY) == marker.removeprefix(PREFIX)

    def mark_body(self, cloud: Cloud, body: Json, marker: str, tags: list[str]) -> None:
        body["metadata"] = {**(body.get("metadata") or {}), self.KEY: marker.removeprefix(PREFIX)}

    def settle(self, cloud: Cloud, path: str, found: Json, wanted: Wanted) -> Json:
        return found
