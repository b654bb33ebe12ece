"""The commands as a person runs them, on a cloud of clouds.yaml: files, words, exit statuses."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from downpour.app import main
from tests.fake_cloud import NEWEST, QUEENS, Release, call, corrupt, match, refuse
from tests.unit.effects import Clock, Source, list_deeds, open_source


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signals: None) -> Iterator[None]:
    """No settings of this machine, an empty directory; logging as it was."""
    for name in list(os.environ):
        if name.startswith("OS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    monkeypatch.setenv("OS_CLOUD", "fake")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("downpour.export.list_collection_files", lambda: [("collections/x", b"x")])
    root = logging.getLogger("")
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


class Place:
    """A directory with a clouds.yaml and a resource file, and the commands in it."""

    def __init__(self, source: Source, screen: pytest.CaptureFixture[str]) -> None:
        self.source = source
        self.screen = screen
        source.fake.write_clouds_file(Path("clouds.yaml"))

    def call(self, status: int, *arguments: str) -> str:
        """Run a command, see its exit status, and return what it told; ``out`` has the data."""
        # Each run of the program has loggers of its own.
        logging.getLogger("").handlers.clear()
        found = main(arguments)
        self.out, err = self.screen.readouterr()
        assert found == status, err
        assert "Traceback" not in err
        assert "bug" not in err
        return err

    def write(self, name: str = "resources.yml") -> str:
        """Write the resource file."""
        sections: dict[str, list[dict[str, object]]] = {}
        for entry in self.source.entries:
            item: dict[str, object] = {"id": entry.id}
            sections.setdefault(f"{entry.type}s", []).append(item)
        Path(name).write_text(yaml.safe_dump(sections))
        return name


@pytest.fixture
def place(source: Source, capsys: pytest.CaptureFixture[str]) -> Place:
    """A place with an empty project."""
    source.bundle = Path("export")
    return Place(source, capsys)


def test_the_whole_way(place: Place) -> None:
    """Query, plan, export, and the same again: files, sizes and what to do next."""
    place.source.add_everything()
    before = place.source.copy_store()
    told = place.call(0, "query", "all.yml", "--all")
    assert told == "4 found, 4 added to all.yml, 0 were there before\n"
    told = place.call(0, "query", "all.yml", "--volume-name", "att*", "--image-name", "none")
    assert "nothing matches --image-name none" in told
    assert "1 found, 0 added to all.yml, 1 were there before" in told

    place.call(0, "plan", "all.yml", "-f", "json")
    rows = {(row["Type"], row["Name"]): row for row in json.loads(place.out)}
    assert {key: row["Route"] for key, row in rows.items()} == {
        ("image", "base"): "download",
        ("server", "web"): "server snapshot",
        ("volume", "attached"): "volume snapshot",
        ("volume", "detached"): "volume upload",
    }
    assert rows["volume", "attached"]["Temporary Objects"] == "snapshot, volume, image"
    assert rows["volume", "attached"]["Bytes"] == 1 << 30
    assert place.source.fake.writes() == []

    told = place.call(0, "export", "all.yml")
    assert 'image "base"' in told
    assert "waiting for the image of server" in told
    assert f"4 resources, {sum(map(len, place.source.contents.values()))} B in export" in told
    assert "next: read export/README.rst" in told
    assert place.out == ""
    assert place.source.read_saved() == place.source.contents
    assert place.source.copy_store() == before

    place.source.fake.log.clear()
    assert "export holds this export already" in place.call(0, "export", "all.yml")
    assert place.source.fake.writes() == []
    assert "no unfinished export is here" in place.call(1, "cleanup", "export")


def test_what_is_left_out(place: Place) -> None:
    """What is left out is told by plan and export, and both say so by their exit status."""
    place.source.add_image()
    broken = place.source.fake.put_volume(name="broken", status="error")
    place.source.name("volume", broken)
    resources = place.write()
    told = f'left out: volume "broken" ({broken}): cannot be carried: its status is error\n'
    assert told in place.call(3, "plan", resources)
    assert told in place.call(3, "export", resources)
    assert place.source.is_complete
    assert told in place.call(3, "export", resources)


def test_nothing_found(place: Place) -> None:
    """A query that finds nothing says so, has a status of its own, and writes nothing."""
    told = place.call(3, "query", "new.yml", "--server-name", "x*")
    assert "nothing matches --server-name x*" in told
    assert not Path("new.yml").exists()


def test_without_the_contents(place: Place) -> None:
    """What is asked for without its contents is written so."""
    place.source.add_detached_volume()
    place.call(0, "query", "new.yml", "--all", "--no-save-state")
    (entry,) = yaml.safe_load(Path("new.yml").read_text())["volumes"]
    assert entry["save_state"] is False


def test_a_failure(place: Place) -> None:
    """What failed is told with its reason; nothing counts as complete; the next run does it."""
    volume_id = place.source.add_detached_volume()
    place.source.add_image()
    resources = place.write()
    place.source.fake.script(match("POST", "block_storage"), refuse(413, "over the limit"))
    told = place.call(1, "export", resources, "there")
    assert "HTTP 413: over the limit" in told
    assert volume_id in told
    assert not Path("there/manifest.json").exists()
    assert "saved before" in place.call(0, "export", resources, "there")


def test_wrong_bytes(place: Place) -> None:
    """Bytes that are not what the cloud says have an exit status of their own, whatever else."""
    place.source.add_image()
    place.source.add_detached_volume()
    place.source.fake.script(match("GET", path="/images/.*/file"), corrupt())
    place.source.fake.script(match("POST", "block_storage"), refuse(413, "over the limit"))
    told = place.call(5, "export", place.write())
    assert "[digest]" in told
    assert "over the limit" in told
    assert list(Path("export/data").iterdir()) == []


def test_no_longer_let_in(place: Place) -> None:
    """Credentials that end in the middle have the exit status of credentials."""
    place.source.add_detached_volume()
    place.source.fake.script(match("POST", "block_storage"), refuse(401), times=None)
    assert "[credentials]" in place.call(4, "export", place.write())


@pytest.mark.parametrize("command", [["query", "new.yml", "--all"], ["plan"], ["export"]])
def test_a_wrong_password(command: list[str], place: Place) -> None:
    """Every command that needs a cloud has the same status and words for a refused login."""
    place.source.add_image()
    resources = [] if command[0] == "query" else [place.write()]
    settings = json.loads(Path("clouds.yaml").read_text())
    settings["clouds"]["fake"]["auth"]["password"] = "guessed"
    Path("clouds.yaml").write_text(json.dumps(settings))
    told = place.call(4, *command, *resources)
    assert "check clouds.yaml" in told
    assert "guessed" not in told
    assert not Path("export").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted(number: signal.Signals, place: Place) -> None:
    """An interruption, also a polite kill or a lost terminal, cleans up and says how to go on."""
    place.source.add_attached_volume(place.source.add_server())
    before = place.source.copy_store()
    resources = place.write()
    place.source.fake.script(
        match("POST", path="/volumes"), call(after=lambda *_: os.kill(os.getpid(), number))
    )
    told = place.call(130, "export", resources, "--stop-servers")
    assert "interrupted; the same command continues where it stopped" in told
    assert place.source.copy_store() == before
    place.call(0, "export", resources)
    assert place.source.read_saved() == place.source.contents


def test_stopping_is_asked_for(place: Place) -> None:
    """Servers are stopped only with the option."""
    place.source.add_server()
    resources = place.write()
    place.call(0, "export", resources, "one")
    assert "stop server" not in list_deeds(place.source.fake.writes())
    place.call(0, "export", "--stop-servers", resources, "two")
    deeds = list_deeds(place.source.fake.writes())
    assert deeds.count("stop server") == deeds.count("start server") == 1


def test_cleaning_up(place: Place) -> None:
    """What an export could not remove, the command that it names removes, and counts."""
    place.source.add_detached_volume()
    place.source.fake.script(match("DELETE"), refuse(409, "busy"), times=2)
    told = place.call(1, "export", place.write())
    (line,) = [line for line in told.splitlines() if "[left-behind]" in line]
    command = line.partition("run: downpour ")[2].partition(" [")[0].split()
    assert command == ["cleanup", "export"]
    assert place.call(0, *command) == "1 temporary objects removed\n"
    assert place.source.list_temporary() == []
    assert place.call(0, *command) == "0 temporary objects removed\n"


@pytest.mark.parametrize("service", ["block_storage", "network"])
def test_a_cloud_that_lacks_a_service(
    service: str, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server is exported from a cloud without volumes or networks; a note says what is not."""
    with open_source(Path("export"), without=[service]) as source:
        place = Place(source, capsys)
        source.add_server()
        resources = place.write()
        kind = {"block_storage": "volume", "network": "port"}[service]
        told = place.call(0, "plan", resources)
        assert told.count(f"note: {kind}: none of them can be seen") == 1
        place.call(0, "export", resources)
        assert source.read_saved() == source.contents
    readme = Path("export/README.rst").read_text()
    assert rf"{kind}: none of them can be seen\: the cloud has no such service" in readme


@pytest.mark.parametrize("status", [403, 404])
def test_a_cloud_that_lacks_an_extension(status: int, place: Place) -> None:
    """Server groups that cannot be listed are one note, and the exit status is as before."""
    place.source.add_server()
    resources = place.write()
    path = "/os-server-groups"
    place.source.fake.script(match("GET", path=path), refuse(status), times=None)
    told = place.call(0, "plan", resources)
    assert told.count("note: server group: none of them can be seen") == 1
    place.call(0, "export", resources)


@pytest.mark.parametrize("release", [QUEENS, NEWEST], ids=lambda release: release.name)
def test_each_release(release: Release, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole way goes with a cloud of 2018 as with one of today, and leaves it as it was."""
    with open_source(Path("export"), release) as source:
        place = Place(source, capsys)
        source.add_everything()
        before = source.copy_store()
        place.call(0, "query", "all.yml", "--all")
        place.call(0, "export", "all.yml", "--stop-servers")
        assert source.read_saved() == source.contents
        assert source.copy_store() == before
