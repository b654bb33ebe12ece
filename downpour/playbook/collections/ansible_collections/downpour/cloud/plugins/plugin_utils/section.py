"""A section of destination.yml: what differs between clouds and a person chooses there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import ApiError
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud


@dataclass(frozen=True)
class Listing:
    """Where the things are listed that an entry may stand for.

    `name_key` is what a name is matched against, `id_key` what an id is. One that is optional may
    be refused or missing: then nothing is in it.
    """

    service: str
    path: str
    key: str
    query: Mapping[str, str | list[str]] = field(default_factory=dict)
    name_key: str = "name"
    id_key: str = "id"
    is_optional: bool = False

    def read(self, cloud: Cloud) -> dict[str, str | None]:
        """Return the names by id; raises TaskError."""
        try:
            listed = cloud.list_all(self.service, self.path, self.key, self.query)
        except ApiError as refusal:
            if not self.is_optional or refusal.status not in {403, 404}:
                raise
            return {}
        return {str(item[self.id_key]): item.get(self.name_key) for item in listed}


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section: its name, its keys' prefix, what one entry is called, and where to look for it.

    `comment` explains it in destination.yml.
    """

    name: str
    prefix: str
    label: str
    comment: str
    listings: tuple[Listing, ...]
    # What it is in the module's documentation, where the comment begins otherwise.
    description: str = ""
    # What the module returns for an entry, in words and as an example.
    returns: str = "ids"
    sample: Mapping[str, str] = field(default_factory=lambda: {"m1_tiny": "42"})
    # Finds an object by its id that is in no listing.
    fetch: Callable[[Cloud, str], Json | None] | None = None

    @property
    def subject(self) -> str:
        """What the entries are, for a sentence that goes on."""
        return self.description or self.comment.partition(":")[0].partition(";")[0]

    def read_known(self, cloud: Cloud, wanted: list[str]) -> dict[str, str | None]:
        """Return the names by id of what may be meant by the wanted names and ids."""
        known: dict[str, str | None] = {}
        for listing in self.listings if wanted else ():
            known |= listing.read(cloud)
        if self.fetch is not None:
            listed = {*known, *known.values()}
            for text in wanted:
                found = None if text in listed else self.fetch(cloud, text)
                if found is not None:
                    known[str(found["id"])] = found.get("name")
        return known
