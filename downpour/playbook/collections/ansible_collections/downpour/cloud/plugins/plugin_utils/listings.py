"""Listings of a cloud, each read once, for reading many objects back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud


class Listings:
    """What a cloud holds at one time: a listing is read when it is first needed, then kept."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._read: dict[tuple[str, str], list[Json]] = {}

    def read(self, service: str, path: str, key: str) -> list[Json]:
        """Return all pages of the listing; raises TaskError."""
        place = (service, path)
        if place not in self._read:
            self._read[place] = self._cloud.list_all(service, path, key)
        return self._read[place]
