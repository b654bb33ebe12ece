"""The marker `downpour:<old id>` and the place that each service has for it.

The marker is on an object before anything else may fail, so that a task that was killed between
creating and recording finds its object again instead of making a twin.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import MARKER_KEY, MARKER_PREFIX
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json, Query, quote_id

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud

# The services take these apart or refuse them in a tag.
_FORBIDDEN = frozenset(",/ \t\r\n")


def make_marker(old_id: str) -> str:
    """Return the marker of a source id; raises TaskError if no tag could hold it."""
    if not old_id or _FORBIDDEN & set(old_id) or escape_controls(old_id) != old_id:
        raise TaskError("old_id", f"'{escape_controls(old_id)}' is no id of OpenStack")
    return MARKER_PREFIX + old_id


@dataclass(frozen=True)
class Wanted:
    """What an object is to have once it is settled."""

    marker: str
    tags: list[str]
    arguments: Mapping[str, Any]


class MarkerPlace(Protocol):
    """Where a type of resource carries its marker."""

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        """Return the filters whose listings hold every object with the marker."""

    def make_known_query(self, cloud: Cloud) -> Query | None:
        """Return the filter of one listing of all that may be marked; None: too big to read."""

    def is_marked(self, found: Json, marker: str) -> bool:
        """Whether the object carries the marker."""

    def mark_body(self, cloud: Cloud, body: Json, marker: str, tags: list[str]) -> None:
        """Put the marker and the source's tags into the body of the creating request."""

    def settle(self, cloud: Cloud, path: str, found: Json, wanted: Wanted) -> Json:
        """Finish what the creating request could not do; a second call does nothing."""

    def prepare(self, cloud: Cloud) -> None:
        """Read before the fork what mark_body() has to know of the service."""


class NoMarker:
    """The type has no place for a marker: `reason` says why, and what prevents a twin instead."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        return []

    def make_known_query(self, cloud: Cloud) -> Query | None:
        return None

    def is_marked(self, found: Json, marker: str) -> bool:
        return False

    def mark_body(self, cloud: Cloud, body: Json, marker: str, tags: list[str]) -> None:
        """Leave the body as it is."""

    def settle(self, cloud: Cloud, path: str, found: Json, wanted: Wanted) -> Json:
        return found

    def prepare(self, cloud: Cloud) -> None:
        """Nothing is read."""


class NetworkTag:
    """A tag of neutron, which takes tags only after the creation (ports: with one extension).

    So the object is born with the marker as its name (or, without a name, another attribute), then
    tagged, then named: it can be found at every moment in between. Source: neutron,
    extensions/tagging.py (`allow_post` is false). What is `kept` goes into that last request, too:
    of a floating IP neutron would forget it (db/l3_db.py, `_get_assoc_data`).
    """

    def __init__(
        self,
        key: str,
        extension: str = "",
        born_in: str = "name",
        kept: tuple[str, ...] = (),
    ) -> None:
        self._key = key
        self._extension = extension
        self._born_in = born_in
        self._kept = kept

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        project = {"project_id": cloud.get_project_id()}
        queries = [{"tags": marker, **project}]
        if not self._is_taggable_at_birth(cloud):
            queries.append({self._born_in: marker, **project})
        return queries

    def make_known_query(self, cloud: Cloud) -> Query | None:
        return {
            "project_id": cloud.get_project_id(),
            "fields": ["id", self._born_in, "tags", *self._kept],
        }

    def is_marked(self, found: Json, marker: str) -> bool:
        return marker in (found.get("tags") or ()) or found.get(self._born_in) == marker

    def mark_body(self, cloud: Cloud, body: Json, marker: str, tags: list[str]) -> None:
        if self._is_taggable_at_birth(cloud):
            body["tags"] = [*tags, marker]
        else:
            body[self._born_in] = marker

    def settle(self, cloud: Cloud, path: str, found: Json, wanted: Wanted) -> Json:
        address = f"{path}/{quote_id(found['id'])}"
        if wanted.marker not in (found.get("tags") or ()):
            tags = {"tags": [*wanted.tags, wanted.marker]}
            found = {**found, **cloud.put("network", f"{address}/tags", tags)}
        text = str(wanted.arguments.get(self._born_in) or "")
        if found.get(self._born_in) == wanted.marker != text:
            body = {name: found[name] for name in self._kept} | {self._born_in: text}
            found = cloud.put("network", address, {self._key: body})[self._key]
        return found

    def prepare(self, cloud: Cloud) -> None:
        self._is_taggable_at_birth(cloud)

    def _is_taggable_at_birth(self, cloud: Cloud) -> bool:
        return bool(self._extension) and cloud.has_extension(self._extension)


class _MarkerAtBirth:
    """What the places share that the creating request can fill."""

    def make_known_query(self, cloud: Cloud) -> Query | None:
        return None

    def settle(self, cloud: Cloud, path: str, found: Json, wanted: Wanted) -> Json:
        return found

    def prepare(self, cloud: Cloud) -> None:
        """Nothing is read."""


class _TagAtBirth(_MarkerAtBirth):
    """A tag that is set in the creating request."""

    def is_marked(self, found: Json, marker: str) -> bool:
        return marker in (found.get("tags") or ())

    def mark_body(self, cloud: Cloud, body: Json, marker: str, tags: list[str]) -> None:
        body["tags"] = [*tags, marker]


class ImageTag(_TagAtBirth):
    """A tag of glance."""

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        # Others may share images with this very tag: only the project's own count. Hidden ones are
        # in a listing of their own.
        own = {"tag": marker, "owner": cloud.get_project_id()}
        return [own, {**own, "os_hidden": "true"}]


class ServerTag(_TagAtBirth):
    """A tag of nova (microversion 2.52)."""

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        return [{"tags": marker}]


class VolumeMetadata(_MarkerAtBirth):
    """The metadata key `downpour` of a volume."""

    def make_queries(self, cloud: Cloud, marker: str) -> list[dict[str, str]]:
        return [{"metadata": json.dumps({MARKER_KEY: marker.removeprefix(MARKER_PREFIX)})}]

    def make_known_query(self, cloud: Cloud) -> Query | None:
        return {}

    def is_marked(self, found: Json, marker: str) -> bool:
        metadata = found.get("metadata") or {}
        return bool(metadata.get(MARKER_KEY) == marker.removeprefix(MARKER_PREFIX))

    def mark_body(self, cloud: Cloud, body: Json, marker: str, tags: list[str]) -> None:
        old_id = marker.removeprefix(MARKER_PREFIX)
        body["metadata"] = {**(body.get("metadata") or {}), MARKER_KEY: old_id}
