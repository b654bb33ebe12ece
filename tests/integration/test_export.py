"""Exports that are interrupted, refused or fail in part: the source stays as it was."""

from __future__ import annotations

import dataclasses
import filecmp
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.sandbox.cloud import Cloud
from tests.integration.api import Api, find_change
from tests.integration.journey import (
    Workplace,
    expect_no_writes,
    finish,
    read_journal,
    wait_for,
)
from tests.integration.shared import (
    select_small_tenant,
    share_small_bundle,
    share_small_tenant,
)
from tests.integration.tenants import Tenant, share_neighbours_network

PREFIX = "downpour-temporary-"


@dataclasses.dataclass(frozen=True)
class Scene:
    """A directory to work in, the source's tenant, and a resource file that names all of it."""

    place: Workplace
    tenant: Tenant
    resources: Path

    @property
    def bundle(self) -> Path:
        """Where the export goes."""
        return self.place.directory / "bundle"

    def list_temporary(self) -> list[str]:
        """Return what downpour has made in the source and not yet removed."""
        return [
            f"{kind} {document['name']}"
            for kind in ("snapshot", "volume", "image")
            for document in self.tenant.api.list_all(kind)
            if str(document["name"]).startswith(PREFIX)
        ]

    def start_and_wait(self, is_reached: Callable[[], Any], *options: str) -> subprocess.Popen[str]:
        """Start the export and return it as soon as a moment is reached; it must still run."""
        process = self.place.start("export", *options, self.resources, self.bundle)
        wait_for(lambda: is_reached() or process.poll() is not None, "the moment to stop it")
        assert process.poll() is None, finish(process)
        return process

    def kill_when(self, is_reached: Callable[[], Any], *options: str) -> None:
        """Start the export and kill it, with no chance to clean up, at a moment."""
        process = self.start_and_wait(is_reached, *options)
        os.killpg(process.pid, signal.SIGKILL)
        assert finish(process).status == -signal.SIGKILL
        assert not (self.bundle / "manifest.json").exists()

    def has_event(self, event: str, **facts: str) -> bool:
        """Tell whether the journal has such an event."""
        return any(
            line["event"] == event and facts.items() <= line.items()
            for line in read_journal(self.bundle)
        )

    def has_saved_disk(self) -> bool:
        """Tell whether the data of a volume or a server is in place."""
        return any(self.has_event("saved", type=kind) for kind in ("volume", "server"))

    def is_making(self, kind: str) -> bool:
        """Tell whether a temporary object of this kind is asked for at this very moment."""
        last = (read_journal(self.bundle) or [{}])[-1]
        return last.get("event") == "intend" and last["kind"] == kind

    def has_created(self, kind: str) -> bool:
        """Tell whether a temporary object of this kind is there at this moment."""
        events = read_journal(self.bundle)
        kinds = {event["name"]: event["kind"] for event in events if event["event"] == "intend"}
        created = {event["name"] for event in events if event["event"] == "created"}
        removed = {event["name"] for event in events if event["event"] == "removed"}
        return any(kinds[name] == kind for name in created - removed)


@pytest.fixture(scope="module")
def tenant(clouds: tuple[Cloud, Cloud], tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    """The tenant that all these exports are of."""
    return share_small_tenant(clouds[0], tmp_path_factory)


@pytest.fixture
def scene(tenant: Tenant, tmp_path: Path) -> Iterator[Scene]:
    """A new place; whatever is done there, the tenant is the same afterwards."""
    place = Workplace(tmp_path / "place", tenant.project)
    before = tenant.api.take_inventory()
    yield Scene(place, tenant, select_small_tenant(place, tenant))
    assert find_change(before, tenant.api.take_inventory()) == {}


def assert_same_bundle(one: Path, other: Path) -> None:
    """Compare two bundles file by file, byte by byte."""
    names = [
        sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        for root in (one, other)
    ]
    assert names[0] == names[1]
    _, different, unreadable = filecmp.cmpfiles(one, other, names[0], shallow=False)
    assert (different, unreadable) == ([], [])


def wait_until_gone(api: Api, kind: str, old_id: str) -> None:
    """Wait until a resource is deleted."""
    wait_for(
        lambda: old_id not in [item["id"] for item in api.list_all(kind)],
        f"{kind} {old_id} to be deleted",
    )


def test_killed_exports_are_continued(
    scene: Scene, clouds: tuple[Cloud, Cloud], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An export killed three times at bad moments is completed by the next run, like a whole one.

    The moments: the first temporary object is announced but its id not known, a volume's copy
    is there, and one disk is saved already.
    """
    scene.kill_when(lambda: scene.has_event("intend"))
    scene.kill_when(lambda: scene.has_created("volume"))
    assert scene.list_temporary()
    scene.kill_when(scene.has_saved_disk)
    continued = scene.place.call("export", scene.resources, scene.bundle).expect(0)
    assert "saved before" in continued.err
    assert not (scene.bundle / "journal.jsonl").exists()
    assert_same_bundle(scene.bundle, share_small_bundle(clouds[0], tmp_path_factory))


@pytest.mark.parametrize("kind", ["volume", "image"])
def test_cleanup_removes_what_a_killed_export_left(scene: Scene, kind: str) -> None:
    """``downpour cleanup`` alone removes all temporary objects; a second time there are none."""
    scene.kill_when(lambda: scene.has_created(kind))
    assert scene.list_temporary()
    scene.place.call("cleanup", scene.bundle).expect(0)
    assert scene.list_temporary() == []
    assert "0 temporary objects" in scene.place.call("cleanup", scene.bundle).expect(0).err


@pytest.mark.parametrize(
    ("number", "kind", "is_answered"),
    [
        (signal.SIGINT, "volume", True),
        (signal.SIGTERM, "snapshot", False),
        (signal.SIGINT, "image", False),
    ],
)
def test_interrupted_export_leaves_nothing_in_the_source(
    scene: Scene, number: signal.Signals, kind: str, is_answered: bool
) -> None:
    """Ctrl-C and a polite kill end with exit status 130 after everything is removed.

    Also at the worst moment: the request for an object is sent, its answer not yet there.
    """
    process = scene.start_and_wait(
        lambda: scene.has_created(kind) if is_answered else scene.is_making(kind)
    )
    process.send_signal(number)
    run = finish(process).expect(130)
    assert "interrupted" in run.err
    assert "Traceback" not in run.err
    assert scene.list_temporary() == []
    assert not (scene.bundle / "manifest.json").exists()


def test_servers_that_were_stopped_are_started_again(scene: Scene) -> None:
    """With ``--stop-servers`` a server runs again after success, Ctrl-C, or kill and cleanup."""

    def is_stopped() -> bool:
        status: str = scene.tenant.api.read("server", scene.tenant["server"])["status"]
        return status == "SHUTOFF"

    scene.kill_when(is_stopped, "--stop-servers")
    assert is_stopped()
    scene.place.call("cleanup", scene.bundle).expect(0)
    assert not is_stopped()
    process = scene.start_and_wait(is_stopped, "--stop-servers")
    process.send_signal(signal.SIGINT)
    finish(process).expect(130)
    assert not is_stopped()
    scene.start_and_wait(is_stopped, "--stop-servers").wait(timeout=120)
    assert (scene.bundle / "manifest.json").exists()
    assert not is_stopped()


def test_full_disk_is_reported_and_the_export_continued(scene: Scene) -> None:
    """A disk that is full ends the export with a clear error; with room it goes on."""
    resources = scene.place.select("volume.yml", volumes=[scene.tenant["attached"]])
    scene = dataclasses.replace(scene, resources=resources)
    scene.kill_when(lambda: scene.has_event("begin"))
    # Whoever writes to this device is told that the disk is full, without any disk being full.
    part = scene.bundle / "data" / f"volume-{scene.tenant['attached']}.qcow2.part"
    part.parent.mkdir(exist_ok=True)
    part.unlink(missing_ok=True)
    part.symlink_to("/dev/full")
    run = scene.place.call("export", scene.resources, scene.bundle).expect(1)
    assert "the disk is full" in run.err
    assert "attached" in run.err
    assert scene.list_temporary() == []
    assert not (scene.bundle / "manifest.json").exists()
    scene.place.call("export", scene.resources, scene.bundle).expect(0)


def test_room_is_checked_before_anything_is_made(scene: Scene) -> None:
    """What cannot fit on the disk is refused while the source is still untouched."""
    huge = scene.tenant.api.create("volume", name="huge", size=14_000)["id"]
    scene.tenant.api.wait("volume", huge, "available")
    try:
        resources = scene.place.select("huge.yml", volumes=[huge])
        with expect_no_writes(scene.tenant.project):
            run = scene.place.call("export", resources, scene.bundle).expect(1)
        assert "13.7 TiB" in run.err
    finally:
        scene.tenant.api.delete("volume", huge)
        wait_until_gone(scene.tenant.api, "volume", huge)


def test_failed_resource_does_not_stop_the_others(scene: Scene) -> None:
    """A volume that cannot be captured is listed with the reason; the next run does the rest."""
    volumes = [scene.tenant["attached"], scene.tenant["detached"]]
    scene = dataclasses.replace(scene, resources=scene.place.select("v.yml", volumes=volumes))
    scene.tenant.project.set_quota("block_storage", snapshots=0)
    try:
        run = scene.place.call("export", scene.resources, scene.bundle).expect(1)
    finally:
        scene.tenant.project.set_quota("block_storage", snapshots=-1)
    assert f'volume "attached" ({scene.tenant["attached"]})' in run.err
    assert "Maximum number of snapshots allowed (0) exceeded" in run.err
    assert not (scene.bundle / "manifest.json").exists()
    assert scene.has_event("saved", type="volume", id=scene.tenant["detached"])
    continued = scene.place.call("export", scene.resources, scene.bundle).expect(0)
    assert "saved before" in continued.err


def test_finished_export_is_left_alone(
    scene: Scene, clouds: tuple[Cloud, Cloud], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same export into the same directory again asks for nothing and succeeds."""
    bundle = share_small_bundle(clouds[0], tmp_path_factory)
    with expect_no_writes(scene.tenant.project):
        run = scene.place.call("export", scene.resources, bundle).expect(0)
    assert "already" in run.err
    assert "no unfinished export" in scene.place.call("cleanup", bundle).expect(1).err


def test_directory_of_another_export_is_refused(
    scene: Scene, clouds: tuple[Cloud, Cloud], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A finished or unfinished export of other resources is not mixed with this one."""
    finished = share_small_bundle(clouds[0], tmp_path_factory)
    other = scene.place.select("other.yml", volumes=[scene.tenant["detached"]])
    scene.kill_when(lambda: scene.has_event("begin"))
    with expect_no_writes(scene.tenant.project):
        for directory in (finished, scene.bundle):
            run = scene.place.call("export", other, directory).expect(1)
            assert "other-export" in run.err


def test_foreign_directory_is_refused(scene: Scene) -> None:
    """A directory with anything else in it, or a file in its place, is not touched."""
    foreign = scene.place.directory / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("final", encoding="utf-8")
    with expect_no_writes(scene.tenant.project):
        for path in (foreign, foreign / "thesis.txt"):
            scene.place.call("export", scene.resources, path).expect(1)
    assert [path.name for path in foreign.iterdir()] == ["thesis.txt"]
    assert (foreign / "thesis.txt").read_text(encoding="utf-8") == "final"


def test_one_export_at_a_time_in_a_directory(scene: Scene) -> None:
    """A second run in the same directory is refused while the first one works."""
    process = scene.start_and_wait(lambda: scene.has_event("intend"))
    try:
        run = scene.place.call("export", scene.resources, scene.bundle).expect(1)
        assert "another downpour" in run.err
    finally:
        process.send_signal(signal.SIGINT)
        finish(process)


def test_secrets_stay_out_of_log_and_bundle(scene: Scene) -> None:
    """Neither the log at its most detailed nor the bundle has the password or a token."""
    log = scene.place.directory / "downpour.log"
    resources = scene.place.select("image.yml", images=[scene.tenant["image"]])
    run = scene.place.downpour(
        "--debug", "--log-file", log, "export", resources, scene.bundle
    ).expect(0)
    texts = [run.out.encode(), run.err.encode(), log.read_bytes()]
    texts += [path.read_bytes() for path in scene.bundle.rglob("*") if path.is_file()]
    assert log.stat().st_mode & 0o777 == 0o600
    for text in texts:
        assert scene.tenant.project.password.encode() not in text
        # How a token of keystone begins.
        assert b"gAAAA" not in text


def test_what_is_left_out_is_said(
    tenant: Tenant, clouds: tuple[Cloud, Cloud], tmp_path: Path
) -> None:
    """A port on a neighbour's network, a broken volume: exit status 3, reasons."""
    network = share_neighbours_network(clouds[0], tenant.project)
    api = tenant.api
    port = api.create("port", network_id=network)["id"]
    server = api.create(
        "server",
        name="guest",
        flavorRef=tenant.find_flavor("m1.tiny"),
        imageRef=tenant["image"],
        networks=[{"port": port}],
    )["id"]
    broken = api.create("volume", name="broken", size=1)["id"]
    address = api.create(
        "floating ip",
        floating_network_id=tenant.find_network("public"),
        port_id=tenant["port"],
    )
    try:
        api.wait("server", server, "ACTIVE")
        api.wait("volume", broken, "available")
        storage: Any = tenant.project.cloud.administrator.block_storage
        storage.reset_volume_status(broken, status="error")
        place = Workplace(tmp_path, tenant.project)
        without_data = [{"id": item, "save_state": False} for item in (tenant["server"], server)]
        volumes = [broken, {"id": tenant["attached"], "save_state": False}]
        resources = place.select(servers=without_data, volumes=volumes)
        plan = place.call("plan", resources).expect(3)
        export = place.call("export", resources, "bundle").expect(3)
    finally:
        for kind, old in (("floating ip", address["id"]), ("server", server), ("volume", broken)):
            api.delete(kind, old)
        for kind, old in (("server", server), ("volume", broken)):
            wait_until_gone(api, kind, old)
        api.delete("port", port)
    readme = (place.directory / "bundle" / "README.rst").read_text(encoding="utf-8")
    # It is carried; that it will be another address is good to know.
    for text in (plan.err, readme):
        assert address["floating_ip_address"] in text
    for text in (plan.err, export.err, readme):
        assert "only the owner of a network may choose them" in text
        assert "its status is error" in text
    assert (place.directory / "bundle" / "playbook.yml").exists()
    destination = (place.directory / "bundle" / "destination.yml").read_text(encoding="utf-8")
    assert "neighbours" in destination
