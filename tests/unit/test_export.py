"""The way from a resource file to a bundle: what it does with a directory, and in which order."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from downpour import export
from downpour.bundle.journal import Journal, open_journal
from downpour.bundle.layout import CHECKSUMS, JOURNAL, MANIFEST, PLAYBOOK
from downpour.errors import DownpourError
from downpour.export import clean_up_bundle
from downpour.files import write_file
from downpour.resources.captures import TemporaryKind
from tests.fake_cloud import NEWEST, QUEENS, Release, Size, fill_project, match, refuse
from tests.unit.effects import Clock, Source, open_source

KEY = "ssh-ed25519 AAAA key"


class KilledError(BaseException):
    """The end of a process that has no chance to clean up."""


@pytest.fixture
def small_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """One file in place of the collection's seventy, which are always the same."""
    monkeypatch.setattr(export, "list_collection_files", lambda: [("collections/one", b"one")])


@pytest.fixture
def place(source: Source, small_collection: None) -> Source:
    """A source with a keypair, which has no bytes to fetch."""
    source.fake.put_keypair("key", KEY)
    source.name("keypair", "key")
    return source


@pytest.fixture
def elsewhere(place: Source, clock: Clock) -> Iterator[Source]:
    """The same in another cloud, to be exported to the same directory."""
    with open_source(place.bundle, name="other") as other:
        other.fake.put_keypair("key", KEY)
        other.name("keypair", "key")
        yield other


def begin(place: Source) -> None:
    """Leave a journal as a run does that is killed at once."""
    place.bundle.mkdir()
    with open_journal(place.bundle) as journal:
        journal.begin(place.log_in().describe(), place.selection.normalize())


def read_all(directory: Path) -> dict[str, bytes]:
    """Return the content of all files."""
    paths = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in paths}


@pytest.mark.parametrize("is_there", [True, False])
def test_a_new_or_empty_directory(place: Source, is_there: bool) -> None:
    """An export makes its directory, or fills an empty one, and leaves no journal behind."""
    place.bundle = place.bundle / "deep"
    if is_there:
        place.bundle.mkdir(parents=True, mode=0o755)
    assert place.export() is True
    names = set(os.listdir(place.bundle))
    assert {PLAYBOOK, MANIFEST, CHECKSUMS, "README.rst", "collections"} <= names
    assert JOURNAL not in names
    assert place.is_complete
    assert stat.S_IMODE(place.bundle.stat().st_mode) == 0o700


def test_the_same_export_again(place: Source) -> None:
    """A complete export is left as it is, byte for byte, also where a person edited it."""
    assert place.export()
    (place.bundle / "destination.yml").write_text("edited")
    (place.bundle / "uuids.csv").write_text("rows")
    before = read_all(place.bundle)
    assert place.export() is False
    assert read_all(place.bundle) == before


@pytest.mark.parametrize("is_complete", [True, False])
@pytest.mark.parametrize("is_other_file", [True, False])
def test_another_export(
    place: Source, elsewhere: Source, is_complete: bool, is_other_file: bool
) -> None:
    """The directory of another project or another resource file is refused and left as it is."""
    if is_complete:
        place.export()
    else:
        begin(place)
    before = read_all(place.bundle)
    if is_other_file:
        place.add_image()
    with pytest.raises(DownpourError, match="other-export"):
        (place if is_other_file else elsewhere).export()
    assert read_all(place.bundle) == before
    assert place.fake.writes() == []


def test_an_unfinished_export_is_continued(place: Source) -> None:
    """A directory with the journal of the same export is completed."""
    begin(place)
    assert place.export()
    assert place.is_complete


def test_killed_before_the_first_line(place: Source) -> None:
    """A run that was killed before it wrote a whole line has begun nothing."""
    place.bundle.mkdir()
    (place.bundle / JOURNAL).write_text('{"event": "beg')
    assert place.export()


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", PLAYBOOK])
def test_something_else(place: Source, name: str) -> None:
    """A directory with anything else in it is refused, and nothing is added."""
    place.bundle.mkdir()
    (place.bundle / name).write_text("mine")
    with pytest.raises(DownpourError, match="not-empty"):
        place.export()
    assert os.listdir(place.bundle) == [name]


def test_a_file_in_the_way(place: Source) -> None:
    """A file where the directory should be is refused."""
    place.bundle.write_text("mine")
    with pytest.raises(DownpourError, match="unusable"):
        place.export()
    place.bundle = place.bundle / "below"
    with pytest.raises(DownpourError, match=r"unusable|unwritable"):
        place.export()
    assert place.bundle.parent.read_text() == "mine"


def test_one_at_a_time(place: Source) -> None:
    """While another run works in the directory, nothing is asked of the source but listings."""
    begin(place)
    place.add_detached_volume()
    with open_journal(place.bundle), pytest.raises(DownpourError, match="busy"):
        place.export()
    assert place.fake.writes() == []


def limit_room(monkeypatch: pytest.MonkeyPatch, free_bytes: int) -> None:
    """Let disks have so little room."""

    class Room:
        f_frsize = 1
        f_bavail = free_bytes

    monkeypatch.setattr(os, "statvfs", lambda path: Room)


def test_no_room(place: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room for all is told before anything is made or fetched."""
    place.add_everything()
    # An image, two volumes and a root disk of 1 GiB each at most.
    size_bytes = 3 * (1 << 30) + len(place.contents[min(place.contents)])
    limit_room(monkeypatch, size_bytes - 1)
    with pytest.raises(DownpourError, match=r"up to 3\.0 GiB are to come"):
        place.export()
    assert place.fake.writes() == []
    assert place.read_saved() == {}
    limit_room(monkeypatch, size_bytes)
    assert place.export()


def test_room_for_the_rest(place: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is saved already needs no room."""
    place.add_image()
    place.add_detached_volume()
    place.fake.script(match("POST", "block_storage"), refuse(400))
    with pytest.raises(DownpourError):
        place.export()
    limit_room(monkeypatch, 1 << 30)
    assert place.export()


class Pen:
    """Writes the files of a bundle until it breaks."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.last: int | None = None

    def write(self, path: Path, content: bytes) -> None:
        """Write one file, or end the process before it."""
        if len(self.names) == self.last:
            raise KilledError
        write_file(path, content)
        self.names.append(path.name)


def test_killed_at_each_file(
    place: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever writing ends, no directory counts as a bundle, and the next run completes it."""
    image_id = place.add_image()
    pen = Pen()
    monkeypatch.setattr(export, "write_file", pen.write)
    place.bundle = tmp_path / "whole"
    place.export()
    names, whole = pen.names, read_all(place.bundle)
    assert names[-2:] == [MANIFEST, PLAYBOOK]
    assert len(names) == len(whole) - len(place.contents)
    for moment in range(len(names)):
        place.bundle = tmp_path / str(moment)
        pen.names, pen.last = [], moment
        with pytest.raises(KilledError):
            place.export()
        pen.last = None
        there = set(os.listdir(place.bundle))
        assert JOURNAL in there
        assert (MANIFEST in there, PLAYBOOK in there) == (moment == len(names) - 1, False)
        assert place.export()
        assert read_all(place.bundle) == whole
    assert place.fake.count("GET", path=f"/images/{image_id}/file") == len(names) + 1


def test_killed_before_the_journal_goes(place: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as there is a journal the manifest does not count as complete."""

    def die(self: object) -> None:
        raise KilledError

    with monkeypatch.context() as patches:
        patches.setattr(Journal, "remove", die)
        with pytest.raises(KilledError):
            place.export()
    assert (place.bundle / PLAYBOOK).exists()
    assert place.export()
    assert place.is_complete


def test_a_disk_that_fails(place: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full at the end is told as such; the next run needs no bytes again."""
    place.add_image()

    def fail(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patches:
        patches.setattr(export, "write_file", fail)
        with pytest.raises(DownpourError, match="disk-full"):
            place.export()
    assert place.export()
    assert place.fake.count("GET", path="/images/[^/]+/file") == 1


def save_but_fail(place: Source) -> None:
    """Save all but one volume, which the cloud refuses once."""
    extra = place.add_detached_volume("refused")
    place.fake.script(match("POST", path=f"/volumes/{extra}/action"), refuse(400))
    with pytest.raises(DownpourError):
        place.export()


def test_what_is_whole_is_not_fetched_again(place: Source) -> None:
    """A file that is what the journal says needs no request; that is told."""
    image_id = place.add_image()
    save_but_fail(place)
    place.listener.said.clear()
    assert place.export()
    assert place.listener.said == [f'image "base" ({image_id}): saved before']
    assert place.fake.count("GET", path=f"/images/{image_id}/file") == 1
    assert place.read_saved() == place.contents


@pytest.mark.parametrize("is_damaged", [True, False])
def test_the_disks_of_a_server_are_of_one_moment(place: Source, is_damaged: bool) -> None:
    """Where one disk of a server is damaged or gone, all of them are taken again."""
    server_id = place.add_server()
    place.add_attached_volume(server_id)
    detached = place.add_detached_volume()
    save_but_fail(place)
    files = {path.name: path for path in (place.bundle / "data").iterdir()}
    disk = files[f"server-{server_id}.qcow2"]
    if is_damaged:
        disk.write_bytes(disk.read_bytes()[:-1] + b"?")
    else:
        disk.unlink()
    place.listener.said.clear()
    place.fake.log.clear()
    assert place.export()
    assert place.listener.said == [f'volume "detached" ({detached}): saved before']
    # Both disks of the server, and the volume that was refused.
    assert place.fake.count("GET", path="/images/[^/]+/file") == 3
    assert place.read_saved() == place.contents


def test_a_name_is_never_a_path(place: Source) -> None:
    """A disk format that would be another path is refused, and nothing else is."""
    evil = place.fake.put_image(b"bytes", name="evil", disk_format="../../evil")
    place.name("image", evil)
    place.add_image()
    with pytest.raises(DownpourError, match=rf"{evil}.*its id is no UUID"):
        place.export()
    assert place.read_saved() == place.contents


def test_what_is_noted_of_a_file(place: Source) -> None:
    """The manifest tells of a disk what its image needs elsewhere, and not what was the cloud's."""
    server_id = place.add_server()
    place.fake.put_image(
        b"", id="00000000-0000-4000-8000-000000000000", hw_disk_bus="scsi", visibility="private"
    )
    place.fake.read("images", "00000000-0000-4000-8000-000000000000")["status"] = "deactivated"
    place.export()
    manifest = json.loads((place.bundle / MANIFEST).read_bytes())
    (data,) = [item["data"] for item in manifest["resources"] if item["type"] == "server"]
    content = place.contents[f"server-{server_id}.qcow2"]
    assert data["size_bytes"] == len(content)
    assert (data["disk_format"], data["container_format"]) == ("qcow2", "bare")
    assert (data["min_disk_gib"], data["min_ram_mib"]) == (1, 0)
    assert data["properties"] == {"hw_disk_bus": "scsi"}


@pytest.mark.parametrize("release", [QUEENS, NEWEST], ids=lambda release: release.name)
def test_a_whole_export(release: Release, clock: Clock, tmp_path: Path) -> None:
    """A whole tenant of an old or new cloud becomes a bundle that checks, private to its owner."""
    with open_source(tmp_path / "export", release) as source:
        ids = fill_project(source.fake, Size(servers=2, ports=3, volumes=3, networks=2, groups=2))
        for server_id in ids["servers"]:
            source.fake.data[server_id] = f"disk of {server_id}".encode()
            source.contents[f"server-{server_id}.qcow2"] = source.fake.data[server_id]
            source.name("server", server_id)
        for volume_id in ids["volumes"]:
            source.fake.data[volume_id] = f"bytes of {volume_id}".encode()
            source.contents[f"volume-{volume_id}.qcow2"] = source.fake.data[volume_id]
        before = source.copy_store()
        assert source.export(stop_servers=True)
        assert source.copy_store() == before
    assert source.is_complete
    assert source.read_saved() == source.contents
    check = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", CHECKSUMS],
        cwd=source.bundle,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (check.returncode, check.stderr) == (0, "")
    paths = list(source.bundle.rglob("*"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    manifest = json.loads((source.bundle / MANIFEST).read_bytes())
    listed = {item["path"] for item in manifest["files"]}
    there = {str(path.relative_to(source.bundle)) for path in paths if path.is_file()}
    assert there - listed == {MANIFEST, CHECKSUMS}
    assert listed <= there
    carried = [item["type"] for item in manifest["resources"]]
    expected = {"server": 2, "volume": 3, "port": 3, "network": 2, "subnet": 2, "router": 1}
    assert {name: carried.count(name) for name in expected} == expected


def test_cleaning_up_needs_a_journal(place: Source) -> None:
    """Where nothing is unfinished there is nothing to clean up, and no journal is made."""
    place.bundle.mkdir()
    with pytest.raises(DownpourError, match="no-journal"):
        clean_up_bundle(place.log_in(), place.bundle)
    assert os.listdir(place.bundle) == []


def test_cleaning_up_in_another_cloud(place: Source, elsewhere: Source) -> None:
    """The journal of one project is not applied to another."""
    begin(place)
    with open_journal(place.bundle) as journal:
        journal.intend(TemporaryKind.VOLUME, "downpour-temporary-1")
    with pytest.raises(DownpourError, match="other-cloud"):
        clean_up_bundle(elsewhere.log_in(), place.bundle)
    assert elsewhere.fake.count(service="block_storage") == 0


def test_nothing_left_to_clean_up(place: Source) -> None:
    """An export that was killed with nothing temporary in the cloud leaves nothing."""
    begin(place)
    assert clean_up_bundle(place.log_in(), place.bundle) == 0


def test_a_journal_without_a_beginning(place: Source) -> None:
    """A journal of a run that was killed before its first line holds nothing to clean up."""
    place.bundle.mkdir()
    (place.bundle / JOURNAL).touch()
    assert clean_up_bundle(place.log_in(), place.bundle) == 0
