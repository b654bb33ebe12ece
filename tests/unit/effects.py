"""A tenant with one of each kind of bytes in a cloud for tests, and the exports of it."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from downpour.bundle.layout import JOURNAL, MANIFEST
from downpour.cloud import Cloud
from downpour.export import export_bundle, plan_selection
from downpour.plan import Plan
from downpour.selection import Entry, Selection
from downpour.transfer.progress import Advance, SilentProgress
from tests.fake_cloud import NEWEST, FakeCloud, Release
from tests.fake_cloud import Entry as LogEntry

PREFIX = "downpour-temporary-"
# The longest that a test may wait, in the time of its clock.
_LONGEST_SECONDS = 3600.0


class Clock:
    """Takes the place of the module ``time``: sleeping takes no time and is counted."""

    def __init__(self) -> None:
        self.pauses_seconds: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Go on at once."""
        self.pauses_seconds.append(seconds)
        assert self.monotonic() < _LONGEST_SECONDS, "it waits for ever"

    def monotonic(self) -> float:
        """Return how long everything has taken."""
        return sum(self.pauses_seconds)


class Listener(SilentProgress):
    """Remembers what is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.waits: list[str] = []
        self.transfers: list[tuple[str, int | None, int]] = []

    def say(self, message: str) -> None:
        """Remember it."""
        self.said.append(message)

    @contextlib.contextmanager
    def transfer(self, label: str, total_bytes: int | None) -> Iterator[Advance]:
        """Count what arrives; remember label, announced and arrived bytes."""
        arrived: list[int] = []
        try:
            yield arrived.append
        finally:
            self.transfers.append((label, total_bytes, sum(arrived)))

    @contextlib.contextmanager
    def wait(self, label: str) -> Iterator[None]:
        """Remember what is waited for."""
        self.waits.append(label)
        yield


@dataclasses.dataclass
class Source:
    """A project with something to export, and the directory that it is exported to."""

    fake: FakeCloud
    bundle: Path
    entries: list[Entry] = dataclasses.field(default_factory=list)
    contents: dict[str, bytes] = dataclasses.field(default_factory=dict)
    listener: Listener = dataclasses.field(default_factory=Listener)

    # What is in it.

    def name(self, type_name: str, source_id: str, *, is_state_saved: bool = True) -> None:
        """Let the resource file name one more resource."""
        entry = Entry(type_name, len(self.entries) + 1, None, source_id, is_state_saved)
        self.entries.append(entry)

    def add_image(self, name: str = "base") -> str:
        """Add an image."""
        content = f"the bytes of image {name}".encode()
        image_id = self.fake.put_image(content, name=name)
        self.contents[f"image-{image_id}.raw"] = content
        self.name("image", image_id)
        return image_id

    def add_detached_volume(self, name: str = "detached") -> str:
        """Add a volume that no server has."""
        volume_id = self.fake.put_volume(f"the bytes of {name}".encode(), name=name)
        self.contents[f"volume-{volume_id}.qcow2"] = self.fake.data[volume_id]
        self.name("volume", volume_id)
        return volume_id

    def add_attached_volume(self, server_id: str, name: str = "attached") -> str:
        """Add a volume that a server has as its next disk."""
        volume_id = self.add_detached_volume(name)
        server = self.fake.read("servers", server_id)
        attached = server["os-extended-volumes:volumes_attached"]
        device = f"/dev/vd{chr(ord('b') + len(attached))}"
        attached = [*attached, {"id": volume_id, "delete_on_termination": False}]
        server["os-extended-volumes:volumes_attached"] = attached
        attachment = {"id": volume_id, "server_id": server_id, "device": device}
        self.fake.read("volumes", volume_id).update(status="in-use", attachments=[attachment])
        return volume_id

    def add_server(self, name: str = "web", *, is_running: bool = True) -> str:
        """Add a server with a root disk of its own, of an image that is not to be seen."""
        attributes: dict[str, Any] = {
            "name": name,
            "image": {"id": "00000000-0000-4000-8000-000000000000"},
            "_flavor": self.fake.find_flavor("m1.tiny"),
        }
        if not is_running:
            attributes |= {
                "status": "SHUTOFF",
                "OS-EXT-STS:vm_state": "stopped",
                "OS-EXT-STS:power_state": 4,
            }
        server_id = self.fake.put("servers", attributes)
        self.fake.data[server_id] = f"the root disk of {name}".encode()
        self.contents[f"server-{server_id}.qcow2"] = self.fake.data[server_id]
        self.name("server", server_id)
        return server_id

    def forget(self, source_id: str) -> None:
        """Let the resource file no longer name a resource."""
        self.entries = [entry for entry in self.entries if entry.id != source_id]
        self.contents = {
            name: content for name, content in self.contents.items() if source_id not in name
        }

    def add_everything(self) -> None:
        """Add an image, a detached volume, and a running server with a root disk and a volume."""
        self.add_image()
        self.add_detached_volume()
        self.add_attached_volume(self.add_server())

    # What is done with it.

    @property
    def selection(self) -> Selection:
        """The resource file."""
        return Selection(Path("resources.yml"), tuple(self.entries))

    def log_in(self) -> Cloud:
        """Return a new connection."""
        return Cloud(self.fake.make_connection())

    def plan(self, cloud: Cloud | None = None) -> Plan:
        """Plan all that the resource file names."""
        return plan_selection(self.selection, cloud or self.log_in())

    def export(self, *, stop_servers: bool = False) -> bool:
        """Export it as the command does."""
        cloud = self.log_in()
        plan = self.plan(cloud)
        selection = self.selection.normalize()
        return export_bundle(
            cloud, plan, selection, self.bundle, self.listener, stop_servers=stop_servers
        )

    # What is there afterwards.

    def read_saved(self) -> dict[str, bytes]:
        """Return the content of all data files by name."""
        return {path.name: path.read_bytes() for path in (self.bundle / "data").glob("*")}

    def read_events(self) -> list[dict[str, Any]]:
        """Return the journal; nothing where there is none."""
        path = self.bundle / JOURNAL
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def read_unremoved(self) -> dict[str, str]:
        """Return what the journal says is in the source, by name, with the ids it knows."""
        unremoved: dict[str, str] = {}
        for event in self.read_events():
            match event["event"]:
                case "intend":
                    unremoved[event["name"]] = ""
                case "created":
                    unremoved[event["name"]] = event["id"]
                case "removed":
                    del unremoved[event["name"]]
        return unremoved

    @property
    def is_complete(self) -> bool:
        """Whether the directory counts as a bundle."""
        return (self.bundle / MANIFEST).exists() and not (self.bundle / JOURNAL).exists()

    def copy_store(self) -> dict[str, Any]:
        """Return all that the cloud holds, documents and bytes, to compare with later."""
        data = {place: copy.copy(content) for place, content in self.fake.data.items()}
        return {"documents": self.fake.state.copy_documents(), "data": data}

    def list_temporary(self) -> list[str]:
        """Return the names of what an export made and did not remove."""
        collections = ("images", "volumes", "snapshots")
        documents = itertools.chain(*(self.fake.find_own(name) for name in collections))
        return [item["name"] for item in documents if str(item["name"]).startswith(PREFIX)]

    def find_made(self) -> dict[str, str]:
        """Return the ids of all temporary objects by name; of stopped servers, their id twice."""
        made = {
            server["id"]: server["id"] for server in self.fake.find_own("servers", status="SHUTOFF")
        }
        for collection in ("images", "volumes", "snapshots"):
            for item in self.fake.find_own(collection):
                if str(item["name"]).startswith(PREFIX):
                    made[item["name"]] = item["id"]
        return made


_ACTIONS = {
    "os-stop": "stop server",
    "os-start": "start server",
    "createImage": "snapshot server",
    "os-volume_upload_image": "upload volume",
}


def list_deeds(writes: Iterable[LogEntry]) -> list[str]:
    """Say in two words each what requests asked for: ``create snapshot``, ``stop server``."""
    return [_name_deed(entry) for entry in writes]


def _name_deed(entry: LogEntry) -> str:
    collection, *others = entry.path.strip("/").split("/")
    if "action" in others:
        (action,) = entry.body
        return _ACTIONS[action]
    verb = {"POST": "create", "DELETE": "delete"}[entry.method]
    return f"{verb} {collection.removesuffix('s')}"


@contextlib.contextmanager
def open_source(bundle: Path, release: Release = NEWEST, **options: Any) -> Iterator[Source]:
    """Open an empty project in a new cloud; ``options`` are those of the cloud."""
    with FakeCloud(release, **options) as fake:
        yield Source(fake, bundle)
