"""What is declared of a type of resource; everything else follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud, Json, quote_id
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import (
    ApiError,
    TaskError,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import MarkerPlace


@dataclass(frozen=True)
class ResourceType:
    """A type: its name in uuids.csv, its place in the API, and the place of its marker.

    `key` wraps the body of one object ("" for glance, which wraps nothing), `listing` is the path
    of the listing where it differs from `path`.
    """

    name: str
    service: str
    path: str
    key: str
    marker_place: MarkerPlace | None
    listing: str = ""
    microversion: str | None = None

    def fetch(self, cloud: Cloud, new_id: str) -> Json | None:
        """Return the object, None if there is none of this id; raises TaskError."""
        try:
            answer = cloud.get(
                self.service, f"{self.path}/{quote_id(new_id)}", microversion=self.microversion
            )
        except ApiError as refusal:
            # nova and cinder answer 400 to what does not look like an id at all.
            if refusal.status in {400, 404}:
                return None
            raise
        return self.unwrap(answer)

    def create(self, cloud: Cloud, body: Json) -> Json:
        """Create the object and return what the API tells of it; raises TaskError."""
        wrapped = {self.key: body} if self.key else body
        return self.unwrap(cloud.post(self.service, self.path, wrapped, self.microversion))

    def list_all(self, cloud: Cloud, query: dict[str, str | list[str]]) -> list[Json]:
        """Return the objects that the query names; raises TaskError."""
        plural = self.path.strip("/").replace("-", "_")
        return cloud.list_all(
            self.service, self.listing or self.path, plural, query, self.microversion
        )

    def find_marked(self, cloud: Cloud, marker: str, is_fresh: bool = False) -> list[Json]:
        """Return the project's objects with the marker: one, or none, or (a copied one) more.

        Uses the snapshot that was taken before the fork, unless a fresh answer is asked for.
        """
        place = self.marker_place
        if place is None:
            return []
        if not is_fresh and self.name in cloud.snapshots:
            return [x for x in cloud.snapshots[self.name] if place.is_marked(x, marker)]
        found: dict[str, Json] = {}
        for query in place.make_queries(cloud, marker):
            for item in self.list_all(cloud, dict(query)):
                # A service that does not know a filter may leave it out in silence.
                if place.is_marked(item, marker):
                    found[item["id"]] = item
            if found:
                break
        return list(found.values())

    def take_snapshot(self, cloud: Cloud) -> None:
        """Read once what all tasks of this type would look for one by one."""
        if self.marker_place is None or self.name in cloud.snapshots:
            return
        query = self.marker_place.make_snapshot_query(cloud)
        if query is not None:
            cloud.snapshots[self.name] = self.list_all(cloud, query)

    def unwrap(self, answer: Json) -> Json:
        """Return the object inside an answer; raises TaskError if there is none."""
        found = answer.get(self.key) if self.key else answer
        if not isinstance(found, dict) or not (self.key == "keypair" or found.get("id")):
            raise TaskError(f"{self.service} {self.path}", "the answer holds no object")
        return found
