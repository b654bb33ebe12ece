"""Whatever ends an export, and whenever: nothing stays in the source that nobody knows of."""

from __future__ import annotations

import itertools
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests.adapters

from downpour import capture, export
from downpour.bundle.journal import open_journal
from downpour.errors import DownpourError
from downpour.export import clean_up_bundle, export_bundle
from downpour.plan import group_captures
from tests.fake_cloud import call, lose_answer, lose_request, match, refuse, reply
from tests.fake_cloud.messages import Request
from tests.fake_cloud.scripts import Match, Reaction
from tests.fake_cloud.servers import STARTED
from tests.unit.effects import PREFIX, Clock, Source, list_deeds


def match_action(path: str, action: str) -> Match:
    """Match an action on a server or volume."""
    return match(
        "POST", path=f"/{path}/[^/]+/action", is_wanted=lambda it: action in it.read_json()
    )


# Every request that makes something, or stops it.
MAKING = {
    "create snapshot": match("POST", path="/snapshots"),
    "create volume": match("POST", path="/volumes"),
    "upload volume": match_action("volumes", "os-volume_upload_image"),
    "snapshot server": match_action("servers", "createImage"),
    "stop server": match_action("servers", "os-stop"),
}
UNDOING = {
    "delete image": match("DELETE", path="/images/[^/]+"),
    "delete volume": match("DELETE", path="/volumes/[^/]+"),
    "delete snapshot": match("DELETE", path="/snapshots/[^/]+"),
    "start server": match_action("servers", "os-start"),
}


class KilledError(BaseException):
    """The end of a process that has no chance to clean up."""


class Fuse:
    """Ends a run right after one of its requests was done, before the answer is seen.

    With ``is_for_writes`` only requests that change something, or fetch data, count.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.last = 0
        self.signals: tuple[signal.Signals, ...] = ()
        self.is_for_writes = False
        self.is_dead = False
        send = requests.adapters.HTTPAdapter.send

        def send_or_burn(
            adapter: requests.adapters.HTTPAdapter,
            request: requests.PreparedRequest,
            **options: Any,
        ) -> requests.Response:
            if self.is_dead:
                raise KilledError
            response = send(adapter, request, **options)
            is_poll = request.method == "GET" and not str(request.url).endswith("/file")
            if not (is_poll and self.is_for_writes):
                self.count += 1
                if self.count == self.last:
                    self._burn()
            return response

        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send_or_burn)

    def _burn(self) -> None:
        for number in self.signals:
            signal.raise_signal(number)
        if not self.signals:
            self.is_dead = True
            raise KilledError

    def set(self, last: int, *signals: signal.Signals) -> None:
        """Let the run end after so many requests: by signals, or else by a kill."""
        self.count, self.last, self.signals, self.is_dead = 0, last, signals, False


class Scene:
    """A source with something in it, and exports of it that do not end well."""

    def __init__(self, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
        self.source = source
        self.before = source.copy_store()
        self.cloud = source.log_in()
        self.plan = source.plan(self.cloud)
        self.fuse = Fuse(monkeypatch)
        self.top = source.bundle

    def run(self) -> bool:
        """Export."""
        source = self.source
        selection = source.selection.normalize()
        return export_bundle(
            self.cloud, self.plan, selection, source.bundle, source.listener, stop_servers=True
        )

    def break_each(self, *signals: signal.Signals) -> Iterator[int]:
        """Yield after each export that ended at another request, in a directory of its own."""
        for moment in itertools.count(1):
            self.source.bundle = self.top / str(moment)
            self.fuse.set(moment, *signals)
            try:
                self.run()
            except (KilledError, KeyboardInterrupt):
                self.fuse.set(0)
                yield moment
            else:
                assert moment > 16, "so few requests are no export"
                return

    def break_at(self, deed: str, *signals: signal.Signals) -> None:
        """Export up to the moment when a deed is done."""
        self.source.fake.script(MAKING[deed], call(after=lambda *_: self.fuse.set(1, *signals)))
        with pytest.raises(KeyboardInterrupt if signals else KilledError):
            self.run()
        self.fuse.set(0)

    def count_unsaved(self) -> int:
        """Return how many files the next run has to fetch: all of a server's or none."""
        with open_journal(self.source.bundle) as journal:
            groups = group_captures(self.plan.captures)
            saved = set(journal.saved)
        return sum(
            len(group)
            for group in groups
            if not {capture.resource.key for capture in group} <= saved
        )

    @property
    def has_looked_by_name(self) -> bool:
        """Whether a temporary object was looked for whose id is not known."""
        return any(PREFIX in str(entry.query) for entry in self.source.fake.log)

    @property
    def is_as_before(self) -> bool:
        """Whether the source holds what it held before anything was exported."""
        return self.source.copy_store() == self.before


@pytest.fixture
def scene(source: Source, monkeypatch: pytest.MonkeyPatch, signals: None) -> Scene:
    """A source with everything in it, its plan made; nothing is written but data."""
    monkeypatch.setattr(export, "write_bundle", lambda *arguments: None)
    source.add_everything()
    return Scene(source, monkeypatch)


@pytest.fixture
def stage(
    source: Source,
    monkeypatch: pytest.MonkeyPatch,
    signals: None,
    request: pytest.FixtureRequest,
) -> Scene:
    """The same with no more in the source than what the ``deed`` of a test is done for."""
    monkeypatch.setattr(export, "write_bundle", lambda *arguments: None)
    server_id = source.add_server()
    if request.getfixturevalue("deed") != "snapshot server":
        source.forget(server_id)
        source.add_attached_volume(server_id)
    return Scene(source, monkeypatch)


def test_the_journal_is_ahead(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made stands in the journal before, with its id after, and until it is gone."""
    source = scene.source
    moments: list[tuple[str, dict[str, str], dict[str, str]]] = []

    def look(request: Request) -> None:
        moments.append((find_wanted_name(request), source.find_made(), source.read_unremoved()))

    source.fake.script(match(), call(before=look), times=None)
    monkeypatch.setattr(export, "write_bundle", lambda *_: look(Request("", "", "")))
    scene.run()
    assert len({name for name, _, _ in moments if name}) == 6
    for wanted, there, told in moments:
        assert not wanted or wanted in told
        assert {name: told.get(name) for name in there} == there
        assert len(told.keys() - there.keys()) <= 1
    assert moments[-1] == ("", {}, {})


def find_wanted_name(request: Request) -> str:
    """Return the name of what a request makes, or the id of the server that it stops."""
    found = re.search(rf"{PREFIX}[0-9a-f-]+", request.body.decode())
    if request.method == "POST" and found:
        return found[0]
    return request.path.split("/")[2] if b"os-stop" in request.body else ""


def test_killed_after_each_request(scene: Scene) -> None:
    """The next run completes, fetches nothing again that is whole, and leaves no twin."""
    for moment in scene.break_each():
        where = f"killed after request {moment}"
        place, unsaved = len(scene.source.fake.log), scene.count_unsaved()
        assert scene.run(), where
        fetched = [entry for entry in scene.source.fake.log[place:] if entry.path.endswith("/file")]
        assert len(fetched) == unsaved, where
        assert scene.source.read_saved() == scene.source.contents, where
        assert scene.is_as_before, where


def test_cleaned_up_after_each_kill(scene: Scene) -> None:
    """After a kill ``cleanup`` removes all that is left, says how much, and then there is none."""
    scene.fuse.is_for_writes = True
    for moment in scene.break_each():
        where = f"killed after request {moment}"
        directory, count = scene.source.bundle, len(scene.source.read_unremoved())
        assert clean_up_bundle(scene.cloud, directory) == count, where
        assert scene.is_as_before, where
        assert clean_up_bundle(scene.cloud, directory) == 0, where


def test_interrupted_at_each_request(scene: Scene) -> None:
    """Ctrl-C at any moment leaves nothing in the source, and the server runs."""
    scene.fuse.is_for_writes = True
    for moment in scene.break_each(signal.SIGINT):
        assert scene.is_as_before, f"interrupted at request {moment}"
        assert scene.source.read_unremoved() == {}, f"interrupted at request {moment}"
    assert not scene.has_looked_by_name, "the answer to a request was not awaited"


@pytest.mark.parametrize("deed", MAKING)
def test_a_second_interruption_does_not_wait(deed: str, stage: Scene) -> None:
    """A second Ctrl-C while something is made ends the run; what was made is found by its name."""
    stage.break_at(deed, signal.SIGINT, signal.SIGINT)
    assert stage.is_as_before
    assert stage.source.read_unremoved() == {}
    assert stage.has_looked_by_name == (deed != "stop server")


@pytest.mark.parametrize(
    ("deed", "event"),
    [("create snapshot", "snapshots.create"), ("create volume", "volumes.create")],
)
def test_killed_while_it_is_made(deed: str, event: str, stage: Scene) -> None:
    """What is still in the making is removed as soon as that is possible."""
    stage.source.fake.slow_down(event, 3)
    stage.break_at(deed)
    clean_up_bundle(stage.cloud, stage.source.bundle)
    assert stage.source.list_temporary() == []
    assert stage.source.read_unremoved() == {}


@pytest.mark.parametrize(
    ("deed", "reaction"),
    [
        *((deed, lose_answer()) for deed in (*MAKING, *UNDOING)),
        *((deed, lose_request()) for deed in ("create snapshot", "stop server", "start server")),
    ],
)
def test_a_lost_answer(deed: str, reaction: Reaction, stage: Scene) -> None:
    """Where nobody knows whether something was done, it is looked for; nothing stays."""
    script = stage.source.fake.script({**MAKING, **UNDOING}[deed], reaction)
    with pytest.raises(DownpourError):
        stage.run()
    assert script.fired == 1
    assert stage.is_as_before
    assert stage.source.read_unremoved() == {}


@pytest.mark.parametrize("deed", list(MAKING)[:4])
@pytest.mark.parametrize("status", [403, 500])
def test_a_refusal(deed: str, status: int, stage: Scene, clock: Clock) -> None:
    """A refusal made nothing and is forgotten at once; after a 5xx the object is looked for."""
    fake = stage.source.fake
    fake.script(MAKING[deed], refuse(status, "not like this"))
    with pytest.raises(DownpourError, match="not like this"):
        stage.run()
    assert stage.has_looked_by_name == (status == 500)
    assert (clock.monotonic() > capture._ARRIVAL_SECONDS) == (status == 500)
    assert stage.source.read_unremoved() == {}
    assert stage.is_as_before


@pytest.mark.parametrize("is_there", [True, False])
def test_a_server_error_after_the_deed(is_there: bool, scene: Scene) -> None:
    """What came into being although the answer was 500, even later, is found and removed."""
    fake = scene.source.fake
    made: list[dict[str, Any]] = []

    def make(_: object) -> None:
        fake.make("snapshots", **made[0])

    def keep(request: Request) -> None:
        body = request.read_object("snapshot")
        made.append({name: body[name] for name in ("name", "volume_id", "metadata")})
        if is_there:
            make(request)

    fake.script(MAKING["create snapshot"], call(before=keep) | reply(500, {}))
    if not is_there:
        fake.script(match("GET", path="/snapshots/detail"), call(before=make), skip=2)
    with pytest.raises(DownpourError, match="HTTP 500"):
        scene.run()
    assert fake.count("DELETE", path="/snapshots/.*") == 1
    assert scene.is_as_before


@pytest.mark.parametrize("collection", ["snapshots", "volumes", "images"])
def test_nobody_elses_things(collection: str, scene: Scene) -> None:
    """What a listing shows under another name than asked for is not downpour's: it stays."""
    fake = scene.source.fake
    deed = {"snapshots": "create snapshot", "volumes": "create volume", "images": "upload volume"}
    other = {"id": "11111111-0000-4000-8000-000000000000", "name": "mine", "status": "available"}
    listing = match(
        "GET",
        path=f"/{collection}(/detail)?",
        is_wanted=lambda request: PREFIX in str(request.query),
    )
    script = fake.script(listing, reply(200, {collection: [other]}), times=None)
    fake.script(MAKING[deed[collection]], lose_request())
    with pytest.raises(DownpourError):
        scene.run()
    assert script.fired > 1
    assert not [entry for entry in fake.writes() if str(other["id"]) in entry.path]
    assert scene.is_as_before


def test_started_by_hand(scene: Scene) -> None:
    """A server that somebody started again meanwhile is not asked to start."""
    source = scene.source
    scene.break_at("stop server")
    (server,) = source.fake.find_own("servers")
    assert server["status"] == "SHUTOFF"
    server.update(STARTED)
    place = len(source.fake.log)
    assert clean_up_bundle(scene.cloud, source.bundle) == 1
    assert source.fake.writes(place) == []


def test_deleted_meanwhile(scene: Scene) -> None:
    """A server that somebody deleted meanwhile needs no start, and nothing else is missed."""
    scene.break_at("stop server")
    (server,) = scene.source.fake.find_own("servers")
    del scene.source.fake.get_documents("servers")[server["id"]]
    assert clean_up_bundle(scene.cloud, scene.source.bundle) == 1
    assert scene.source.read_unremoved() == {}


def test_all_kinds_are_removed_in_order(scene: Scene) -> None:
    """A cleanup removes images, volumes and snapshots, and starts servers last."""
    with open_journal(prepare(scene.source.bundle)) as journal:
        capturer = capture.Capturer(scene.cloud, journal, scene.source.listener)
        attached, server = (
            next(item for item in scene.plan.captures if item.route.value == route).resource
            for route in ("volume snapshot", "server snapshot")
        )
        capturer._stop_server(server.id)
        snapshot = capturer._make_snapshot(attached)
        capturer._wait(snapshot, "available", "snapshot")
        volume = capturer._make_volume(attached, snapshot)
        capturer._wait(volume, "available", "volume")
        capturer._upload_volume(volume.id)
    place = len(scene.source.fake.log)
    assert clean_up_bundle(scene.cloud, scene.source.bundle) == 4
    deeds = list_deeds(scene.source.fake.writes(place))
    assert deeds == ["delete image", "delete volume", "delete snapshot", "start server"]
    assert scene.is_as_before


def prepare(directory: Path) -> Path:
    """Make a directory."""
    directory.mkdir()
    return directory


def test_signals_are_answered_as_before(scene: Scene) -> None:
    """After a capture, and while it works in another thread, signals are whose they were."""
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    scene.run()
    scene.source.bundle = scene.top / "other"
    thread = threading.Thread(target=scene.run)
    thread.start()
    thread.join()
    assert scene.source.is_complete is False
    assert scene.source.read_saved() == scene.source.contents
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
