"""How bytes become an image that can be downloaded, and what that takes in the source cloud."""

from __future__ import annotations

import dataclasses
import enum

from downpour.resources.model import Resource

GIB = 1 << 30


class TemporaryKind(enum.StrEnum):
    """What an export may make in the source, in the order of removal.

    A volume made from a snapshot has to go before it. The removal of a stopped server is its start.
    """

    IMAGE = "image"
    VOLUME = "volume"
    SNAPSHOT = "snapshot"
    STOPPED_SERVER = "stopped server"


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a kind of object is in the API; ``key`` wraps one in an answer, if anything does."""

    service: str
    collection: str
    listing: str
    key: str


PLACES = {
    TemporaryKind.IMAGE: Place("image", "images", "/images", ""),
    TemporaryKind.VOLUME: Place("block_storage", "volumes", "/volumes/detail", "volume"),
    TemporaryKind.SNAPSHOT: Place("block_storage", "snapshots", "/snapshots/detail", "snapshot"),
    TemporaryKind.STOPPED_SERVER: Place("compute", "servers", "/servers/detail", "server"),
}


class Route(enum.Enum):
    """How the bytes of a resource become an image that can be downloaded.

    ``temporary_kinds`` are the objects that it needs in the source, in the order of their creation.
    """

    temporary_kinds: tuple[TemporaryKind, ...]

    def __new__(cls, label: str, *kinds: TemporaryKind) -> Route:
        """Make a member whose value is the label."""
        route = object.__new__(cls)
        route._value_ = label
        route.temporary_kinds = kinds
        return route

    DOWNLOAD = ("download",)
    SERVER_SNAPSHOT = ("server snapshot", TemporaryKind.IMAGE)
    VOLUME_UPLOAD = ("volume upload", TemporaryKind.IMAGE)
    VOLUME_SNAPSHOT = (
        "volume snapshot",
        TemporaryKind.SNAPSHOT,
        TemporaryKind.VOLUME,
        TemporaryKind.IMAGE,
    )


@dataclasses.dataclass(frozen=True)
class Capture:
    """The bytes of one resource; ``size_bytes`` is exact for images, else the most it can be.

    Captures of one ``group`` (a server) are frozen together before any is copied; ``writers`` are
    the ids of the running servers that may write to the disk meanwhile.
    """

    resource: Resource
    route: Route
    size_bytes: int
    group: str
    writers: tuple[str, ...] = ()
