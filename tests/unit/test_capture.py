"""Captures: each kind of bytes is saved, the source is as before, and what failed is told."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from downpour import export
from downpour.errors import DownpourError
from tests.fake_cloud import Entry, call, match, refuse
from tests.unit.effects import PREFIX, Clock, Listener, Source, list_deeds

ADD: dict[str, Callable[[Source], object]] = {
    "image": Source.add_image,
    "detached volume": Source.add_detached_volume,
    "server": Source.add_server,
    "attached volume": lambda source: source.add_attached_volume(add_shapeless_server(source)),
}
DEEDS = {
    "image": [],
    "detached volume": ["upload volume", "delete image"],
    "server": ["snapshot server", "delete image"],
    "attached volume": [
        "create snapshot",
        "create volume",
        "upload volume",
        "delete image",
        "delete volume",
        "delete snapshot",
    ],
}


@pytest.fixture(autouse=True)
def _no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write nothing but the data: the rest of a bundle is proven elsewhere."""
    monkeypatch.setattr(export, "write_bundle", lambda *arguments: None)


def add_shapeless_server(source: Source) -> str:
    """Add a running server that the resource file does not name."""
    server_id = source.add_server("shapeless")
    source.forget(server_id)
    return server_id


def fail_export(source: Source, *, stop_servers: bool = False) -> list[str]:
    """Export, see that it fails, and return the lines that are told."""
    with pytest.raises(DownpourError) as caught:
        source.export(stop_servers=stop_servers)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("kind", ADD)
def test_each_route(kind: str, source: Source) -> None:
    """The bytes arrive, through what a member may do; what that took goes in the right order."""
    ADD[kind](source)
    before = source.copy_store()
    assert source.export()
    assert source.read_saved() == source.contents
    assert list_deeds(source.fake.writes()) == DEEDS[kind]
    assert source.copy_store() == before


def test_marks(source: Source) -> None:
    """Every temporary object has a name of its own, and a mark where its type has metadata."""
    source.add_everything()
    seen: list[dict[str, Any]] = []

    def look(*_: object) -> None:
        for collection in ("images", "volumes", "snapshots"):
            for document in source.fake.find_own(collection):
                if str(document["name"]).startswith(PREFIX) and document not in seen:
                    seen.append(dict(document))

    source.fake.script(match("POST"), call(after=look), times=None)
    source.export()
    names = {document["name"] for document in seen}
    assert len(names) == 5
    assert all(len(name) == len(PREFIX) + 36 for name in names)
    marked = [document for document in seen if "metadata" in document]
    assert {document["metadata"]["downpour"] for document in marked} == {"temporary"}
    assert [document["name"] for document in seen if document.get("downpour") == "temporary"]


def test_the_copy_of_a_volume(source: Source) -> None:
    """A snapshot in use is forced, for old releases; its copy has the size of the original."""
    volume_id = source.add_attached_volume(add_shapeless_server(source))
    source.fake.read("volumes", volume_id)["size"] = 3
    source.export()
    writes = source.fake.writes()
    made = {deed: entry.body for deed, entry in zip(list_deeds(writes), writes, strict=True)}
    assert made["create snapshot"]["snapshot"]["force"] is True
    assert made["create snapshot"]["snapshot"]["volume_id"] == volume_id
    assert made["create volume"]["volume"]["size"] == 3
    assert made["upload volume"]["os-volume_upload_image"]["disk_format"] == "qcow2"


def test_one_moment(source: Source) -> None:
    """All disks of one server are frozen before any is copied; another server has its own time."""
    for name in ("web", "data"):
        server_id = source.add_server(name)
        source.add_attached_volume(server_id, f"first of {name}")
        source.add_attached_volume(server_id, f"second of {name}")
    source.export()
    deeds = list_deeds(source.fake.writes())
    frozen = ["create snapshot", "create snapshot", "snapshot server"]
    assert deeds[:3] == frozen
    assert [deed for deed in deeds if deed in frozen] == 2 * frozen
    assert deeds.index("create snapshot", 3) > deeds.index("delete snapshot")
    assert source.read_saved() == source.contents


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("attached volume", "snapshots.create"),
        ("attached volume", "volumes.create"),
        ("attached volume", "volumes.upload"),
        ("attached volume", "volumes.delete"),
        ("attached volume", "snapshots.delete"),
        ("detached volume", "volumes.upload"),
        ("server", "servers.image"),
    ],
)
def test_passing_states(kind: str, event: str, source: Source, clock: Clock) -> None:
    """What takes its time is waited for, with ever longer pauses of five seconds at most."""
    ADD[kind](source)
    before = source.copy_store()
    source.fake.slow_down(event, 15)
    assert source.export()
    assert source.read_saved() == source.contents
    assert source.copy_store() == before
    pauses = sorted(clock.pauses_seconds)
    assert len(pauses) >= 15
    assert pauses[0] == 0.3
    assert pauses[-2:] == [5.0, 5.0]
    assert all(0 <= later - earlier < 1.3 for earlier, later in itertools.pairwise(pauses))


@pytest.mark.parametrize(
    ("kind", "collection", "status"),
    [
        ("detached volume", "images", "queued"),
        ("detached volume", "images", "saving"),
        ("attached volume", "snapshots", "creating"),
        ("attached volume", "volumes", "creating"),
        ("attached volume", "volumes", "downloading"),
        ("attached volume", "snapshots", "backing-up"),
    ],
)
def test_words_for_not_yet(kind: str, collection: str, status: str, source: Source) -> None:
    """Every word that a service has for a state that passes is waited for."""
    ADD[kind](source)
    states: list[str] = []

    def hold(*_: object) -> None:
        for document in source.fake.find_own(collection):
            if str(document["name"]).startswith(PREFIX):
                states.append(document["status"])
                document["status"] = status if len(states) < 3 else states[0]

    path = f"/{collection}/[0-9a-f-]{{36}}"
    source.fake.script(match("GET", path=path), call(before=hold), times=3)
    assert source.export()
    assert states[1:] == [status, status]
    assert source.read_saved() == source.contents


@pytest.mark.parametrize(
    ("event", "status", "told"),
    [
        ("snapshots.create", "error", "snapshot"),
        ("volumes.create", "error", "volume"),
        ("volumes.upload", "killed", "image"),
    ],
)
@pytest.mark.parametrize("reads", [0, 2])
def test_an_error_state(event: str, status: str, told: str, reads: int, source: Source) -> None:
    """Where the cloud gives up, the resource and the state are told, and the others are saved."""
    source.add_image()
    volume_id = source.add_attached_volume(add_shapeless_server(source))
    source.add_detached_volume()
    before = source.copy_store()
    source.fake.slow_down(event, reads, end={"status": status})
    (line,) = fail_export(source)
    assert f'volume "attached" ({volume_id})' in line
    assert f"the cloud left the temporary {told} in status {status}" in line
    assert "ask the operator of the source cloud" in line
    assert "[not-captured]" in line
    failed = source.contents.pop(f"volume-{volume_id}.qcow2")
    assert source.read_saved() == source.contents
    assert source.copy_store() == before
    assert not source.is_complete

    source.contents[f"volume-{volume_id}.qcow2"] = failed
    place = len(source.fake.log)
    assert source.export()
    assert list_deeds(source.fake.writes(place)) == DEEDS["attached volume"]
    assert source.read_saved() == source.contents


def test_all_failures(source: Source) -> None:
    """Every resource that failed is listed, not the first, each with its own reason."""
    names = ["one", "two", "three"]
    ids = [source.add_detached_volume(name) for name in names]
    source.fake.script(match("POST", path="/volumes/[^/]+/action"), refuse(413, "no more <b>"))
    source.fake.slow_down("volumes.upload", 0, end={"status": "killed"})
    lines = fail_export(source)
    assert len(lines) == 2
    assert "HTTP 413: no more <b>" in "".join(lines)
    assert "in status killed" in "".join(lines)
    assert len([source_id for source_id in ids if source_id in "".join(lines)]) == 2
    assert source.list_temporary() == []


def test_the_other_disks_of_a_server(source: Source) -> None:
    """One disk that cannot be frozen does not keep the others of its server from being read."""
    server_id = source.add_server()
    for name in ("one", "two"):
        source.add_attached_volume(server_id, name)
    source.fake.slow_down("snapshots.create", 0, end={"status": "error"})
    assert len(fail_export(source)) == 1
    assert len(source.read_saved()) == 2
    assert source.read_saved().items() <= source.contents.items()


def test_somebody_removes_it(source: Source) -> None:
    """A temporary object that somebody else deletes is told as gone, and not missed afterwards."""
    source.add_detached_volume()

    def remove(*_: object) -> None:
        for image in source.fake.find_own("images"):
            del source.fake.get_documents("images")[image["id"]]

    source.fake.slow_down("volumes.upload", None)
    source.fake.script(match("GET", path="/images/[^/]+"), call(before=remove))
    (line,) = fail_export(source)
    assert "the temporary image is gone" in line
    assert "detached" in line


@pytest.mark.parametrize("collection", ["image", "volume", "snapshot"])
def test_what_cannot_be_removed(collection: str, source: Source) -> None:
    """What stays behind is told with the command that removes it; all else is removed."""
    source.add_attached_volume(add_shapeless_server(source))
    before = source.copy_store()
    path = f"/{collection}s/[^/]+"
    source.fake.script(match("DELETE", path=path), refuse(409, "busy"), times=None)
    lines = fail_export(source)
    (told,) = [line for line in lines if f"temporary {collection} {PREFIX}" in line]
    assert "it could not be removed: deleting" in told
    assert ": busy" in told
    assert f"run: downpour cleanup {source.bundle}" in told
    assert f'volume "attached" ({source.entries[0].id})' in told
    source.fake.clear_scripts()
    left = source.list_temporary()
    assert len(lines) == len(left)
    assert export.clean_up_bundle(source.log_in(), source.bundle) == len(left)
    assert source.copy_store() == before
    assert source.export()


def test_a_failure_and_what_stays_behind(source: Source) -> None:
    """What failed and what could not be removed after it are both told."""
    source.add_detached_volume()
    source.fake.slow_down("volumes.upload", 0, end={"status": "killed"})
    source.fake.script(match("DELETE"), refuse(409, "busy"), times=None)
    failed, left = fail_export(source)
    assert "[not-captured]" in failed
    assert "[left-behind]" in left


def test_what_stays_behind_an_interruption(source: Source) -> None:
    """What an interrupted run could not remove is told, too."""
    source.add_detached_volume()
    source.listener = InterruptedListener()
    source.fake.script(match("DELETE"), refuse(409, "busy"), times=None)
    with pytest.raises(KeyboardInterrupt):
        source.export()
    assert any("[left-behind]" in line for line in source.listener.said)


class InterruptedListener(Listener):
    """Is interrupted as soon as something is waited for."""

    def wait(self, label: str) -> NoReturn:
        """Be interrupted."""
        raise KeyboardInterrupt


def test_a_deletion_that_fails_later(source: Source) -> None:
    """A deletion that the cloud begins and then gives up is told, not waited for."""
    source.add_attached_volume(add_shapeless_server(source))
    source.fake.slow_down("snapshots.delete", 2, end={"status": "error_deleting"})
    (line,) = fail_export(source)
    assert "status error_deleting: the cloud gave up" in line


def test_stopped_and_started(source: Source) -> None:
    """A server is stopped before its disks are frozen and runs again before any is copied."""
    source.add_attached_volume(source.add_server())
    before = source.copy_store()
    for event in ("servers.stop", "servers.start", "servers.image", "snapshots.create"):
        source.fake.slow_down(event, 3)
    stopped: list[tuple[str, str]] = []

    def look(request: Any, answer: Any) -> None:
        (server,) = source.fake.find_own("servers")
        (deed,) = list_deeds([Entry(request.method, "", request.path, {}, request.read_json(), 0)])
        stopped.append((deed, server["status"]))

    source.fake.script(match("POST"), call(after=look), times=None)
    source.export(stop_servers=True)
    assert stopped == [
        ("stop server", "ACTIVE"),
        ("create snapshot", "SHUTOFF"),
        ("snapshot server", "SHUTOFF"),
        ("start server", "SHUTOFF"),
        ("create volume", "ACTIVE"),
        ("upload volume", "ACTIVE"),
    ]
    assert source.copy_store() == before
    assert source.read_saved() == source.contents


def test_servers_that_do_not_run_are_left_alone(source: Source) -> None:
    """Only servers that run are stopped, so only those are started."""
    source.add_attached_volume(source.add_server("off", is_running=False))
    before = source.copy_store()
    source.export(stop_servers=True)
    assert not {"stop server", "start server"} & set(list_deeds(source.fake.writes()))
    assert source.copy_store() == before


def test_the_server_of_a_volume(source: Source) -> None:
    """A server that writes to a volume is stopped for it, also where only the volume is named."""
    source.add_attached_volume(add_shapeless_server(source))
    source.export(stop_servers=True)
    deeds = list_deeds(source.fake.writes())
    assert deeds[:3] == ["stop server", "create snapshot", "start server"]


@pytest.mark.parametrize("event", ["snapshots.create", "servers.image"])
def test_started_after_a_failure(event: str, source: Source) -> None:
    """A server runs again also if none of its disks could be frozen."""
    source.add_attached_volume(source.add_server())
    before = source.copy_store()
    source.fake.slow_down(event, 1, end={"status": "error"})
    assert fail_export(source, stop_servers=True)
    assert source.copy_store() == before
    assert list_deeds(source.fake.writes()).count("start server") == 1


def test_a_server_that_cannot_be_stopped(source: Source) -> None:
    """A refusal to stop is told with the server; its disks are not taken, but all others."""
    source.add_image()
    server_id = source.add_server()
    source.add_attached_volume(server_id)
    before = source.copy_store()
    path = f"/servers/{server_id}/action"
    source.fake.script(match("POST", path=path), refuse(409, "it is locked"), times=None)
    (line,) = fail_export(source, stop_servers=True)
    assert "it is locked" in line
    assert server_id in line
    assert list_deeds(source.fake.writes()) == ["stop server"]
    assert len(source.read_saved()) == 1
    assert source.copy_store() == before


def test_a_server_that_does_not_stop(source: Source) -> None:
    """A server that ends in another state than stopped is told."""
    source.add_server()
    source.fake.slow_down("servers.stop", 1, end={"status": "ERROR"})
    (line,) = fail_export(source, stop_servers=True)
    assert "the cloud left the temporary stopped server in status ERROR" in line


def test_a_full_disk_ends_it(source: Source) -> None:
    """A full disk is not tried with the next resource; what failed before is told as well."""
    for name in ("one", "two", "three"):
        source.add_detached_volume(name)
    before = source.copy_store()
    order = [item.resource.id for item in source.plan().captures]
    source.fake.script(match("POST", path=f"/volumes/{order[0]}/action"), refuse(400, "not now"))
    data = source.bundle / "data"
    data.mkdir(parents=True)
    (data / f"volume-{order[1]}.qcow2.part").symlink_to("/dev/full")
    (source.bundle / "journal.jsonl").touch()
    first, second = fail_export(source)
    assert order[0] in first
    assert "not now" in first
    assert order[1] in second
    assert "[disk-full]" in second
    assert source.fake.count("POST", "block_storage") == 2
    assert source.copy_store() == before
