"""Downloads: the right bytes or none, whatever the cloud, the line and the disk do."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from downpour.cloud import Cloud
from downpour.errors import MISMATCH, DiskFullError, DownpourError, MismatchError
from downpour.transfer import download as download_module
from downpour.transfer.download import Download, download_image
from tests.fake_cloud import QUEENS, FakeCloud, corrupt, cut, lose_request, match, refuse, reply
from tests.unit.effects import Listener, Source, open_source

CONTENT = b"what an image holds, a little longer than a block"
FILE = match("GET", "image", "/images/[^/]+/file")


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "BLOCK_BYTES", 7)


class Shelf:
    """One image in a cloud, and the place that it is downloaded to."""

    def __init__(self, fake: FakeCloud, path: Path, **attributes: Any) -> None:
        self.fake = fake
        self.path = path
        self.cloud = Cloud(fake.make_connection())
        self.listener = Listener()
        self.image_id = fake.put_image(CONTENT, **attributes)

    def download(self) -> Download:
        """Download it as the image service describes it."""
        image = self.cloud.read_document("image", f"/images/{self.image_id}", {})
        return download_image(self.cloud, image, self.path, "image x", self.listener)

    def fail(self, kind: type[DownpourError], code: str) -> str:
        """Download it and see that nothing is left; return the one line that is told."""
        with pytest.raises(kind) as caught:
            self.download()
        (problem,) = caught.value.problems
        assert problem.code == code
        assert problem.what.startswith("image x")
        assert os.listdir(self.path.parent) == []
        return str(problem)

    def count_downloads(self) -> int:
        """Return how often the bytes were asked for."""
        return self.fake.count("GET", "image", "/images/[^/]+/file")


@pytest.fixture
def shelf(source: Source, tmp_path: Path) -> Shelf:
    """An image of the newest release."""
    return Shelf(source.fake, tmp_path / "data" / "image.raw")


def test_the_right_bytes(shelf: Shelf) -> None:
    """All blocks arrive in order, both digests are theirs, and no part is left."""
    assert shelf.download() == Download(
        len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), hashlib.sha512(CONTENT).hexdigest()
    )
    assert shelf.path.read_bytes() == CONTENT
    assert os.listdir(shelf.path.parent) == [shelf.path.name]
    assert shelf.count_downloads() == 1


def test_only_the_owner_may_read(shelf: Shelf) -> None:
    """File and folder are private, whatever the umask."""
    before = os.umask(0)
    try:
        shelf.download()
    finally:
        os.umask(before)
    assert stat.S_IMODE(shelf.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(shelf.path.parent.stat().st_mode) == 0o700


def test_progress(shelf: Shelf) -> None:
    """Every byte is counted once, out of as many as the image has."""
    shelf.download()
    assert shelf.listener.transfers == [("image x", len(CONTENT), len(CONTENT))]


def test_a_part_of_a_killed_run(shelf: Shelf) -> None:
    """What a killed run left of the file is overwritten, also where that was longer."""
    shelf.path.parent.mkdir()
    shelf.path.with_name("image.raw.part").write_bytes(b"x" * 1000)
    shelf.download()
    assert shelf.path.read_bytes() == CONTENT
    assert os.listdir(shelf.path.parent) == [shelf.path.name]


def test_on_the_disk_before_it_has_its_name(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are on the disk before the file gets its name, and then the name is."""
    synced: list[tuple[str, bool, int]] = []

    def remember(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        size_bytes = path.stat().st_size if path.is_file() else 0
        synced.append((path.name, shelf.path.exists(), size_bytes))

    monkeypatch.setattr(os, "fsync", remember)
    shelf.download()
    assert synced == [("image.raw.part", False, len(CONTENT)), ("data", True, 0)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (None, "digest"),
        (lambda body: body[:-1], "size"),
        (lambda body: body + b"!", "size"),
        (lambda body: b"", "size"),
    ],
    ids=["wrong", "too short", "too long", "none"],
)
@pytest.mark.parametrize("release", ["newest", "queens"])
def test_other_bytes(
    change: Callable[[bytes], bytes] | None, code: str, release: str, shelf: Shelf, tmp_path: Path
) -> None:
    """Bytes that are not the image's are not kept; that has an exit status of its own."""
    if release == "queens":
        with open_source(tmp_path, QUEENS) as old:
            shelf = Shelf(old.fake, shelf.path)
            old.fake.script(FILE, corrupt(change))
            shelf.fail(MismatchError, code)
    else:
        shelf.fake.script(FILE, corrupt(change))
        shelf.fail(MismatchError, code)
    assert MismatchError.exit_status == MISMATCH == 5
    assert shelf.count_downloads() == 1


def test_an_old_release(shelf: Shelf, tmp_path: Path) -> None:
    """A cloud older than 2018 tells only the MD5, which is compared instead."""
    with open_source(tmp_path, QUEENS) as old:
        Shelf(old.fake, shelf.path).download()
        assert shelf.path.read_bytes() == CONTENT
        shelf = Shelf(old.fake, shelf.path.with_name("other"), checksum="0" * 32)
        with pytest.raises(MismatchError, match=r"have md5 [0-9a-f]{32}, the cloud says 0{32}"):
            shelf.download()
        assert not shelf.path.exists()


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha384", "sha3_512", "blake2b"])
def test_other_algorithms(algorithm: str, source: Source, tmp_path: Path) -> None:
    """An operator may have chosen any algorithm; a wrong digest of it is noticed."""
    path = tmp_path / "data" / "image.raw"
    digest = hashlib.new(algorithm, CONTENT).hexdigest()
    Shelf(source.fake, path, os_hash_algo=algorithm, os_hash_value=digest).download()
    path.unlink()
    other = Shelf(source.fake, path, os_hash_algo=algorithm, os_hash_value=f"0{digest[1:]}x")
    assert algorithm in other.fail(MismatchError, "digest")


@pytest.mark.parametrize("told", [{}, {"os_hash_algo": "sha512"}, {"os_hash_value": "7" * 128}])
def test_half_a_digest(told: dict[str, str], source: Source, tmp_path: Path) -> None:
    """An algorithm without a value, or the reverse, says nothing; the MD5 counts then."""
    path = tmp_path / "data" / "image.raw"
    attributes = {"os_hash_algo": None, "os_hash_value": None, **told}
    Shelf(source.fake, path, **attributes).download()
    path.unlink()
    Shelf(source.fake, path, **attributes, checksum="0" * 32).fail(MismatchError, "digest")


@pytest.mark.parametrize("algorithm", ["made-up", "shake_128", "../etc"])
def test_an_unknown_algorithm(algorithm: str, source: Source, tmp_path: Path) -> None:
    """What cannot be computed here is no digest: the MD5 counts, or nothing does."""
    path = tmp_path / "data" / "image.raw"
    attributes = {"os_hash_algo": algorithm, "os_hash_value": "77"}
    Shelf(source.fake, path, **attributes).download()
    path.unlink()
    shelf = Shelf(source.fake, path, **attributes, checksum=None)
    shelf.fail(MismatchError, "no-digest")


def test_no_digest(source: Source, tmp_path: Path) -> None:
    """Bytes that nobody vouches for are not kept."""
    none = {"os_hash_algo": None, "os_hash_value": None, "checksum": None}
    shelf = Shelf(source.fake, tmp_path / "data" / "image.raw", **none)
    assert "tells no digest" in shelf.fail(MismatchError, "no-digest")


def test_no_size(source: Source, tmp_path: Path) -> None:
    """An image whose size is not told is good if its digest is."""
    shelf = Shelf(source.fake, tmp_path / "data" / "image.raw", size=None)
    assert shelf.download().size_bytes == len(CONTENT)


@pytest.mark.parametrize("reaction", [cut(11), cut(0), lose_request()], ids=["11", "0", "request"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_broken_connection(reaction: Any, times: int, shelf: Shelf) -> None:
    """A connection that breaks is tried again from the start, twice at most."""
    shelf.fake.script(FILE, reaction, times=times)
    shelf.download()
    assert shelf.path.read_bytes() == CONTENT
    assert shelf.count_downloads() == times + 1
    assert shelf.listener.said == ["image x: the connection broke, starting again"] * times
    assert shelf.listener.transfers[-1] == ("image x", len(CONTENT), len(CONTENT))


@pytest.mark.parametrize("reaction", [cut(11), lose_request()], ids=["11", "request"])
def test_a_line_that_always_breaks(reaction: Any, shelf: Shelf) -> None:
    """After three attempts it gives up with one clear error."""
    shelf.fake.script(FILE, reaction, times=None)
    assert "broke 3 times" in shelf.fail(DownpourError, "broken")
    assert shelf.count_downloads() == 3


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refusal(status: int, shelf: Shelf) -> None:
    """What the image service refuses is told in its words, once, without its markup."""
    shelf.fake.script(FILE, refuse(status, "no <such> luck"), times=None)
    told = shelf.fail(DownpourError, "refused")
    assert f"HTTP {status}" in told
    assert "no <such> luck" in told
    assert "<h1>" not in told
    assert shelf.count_downloads() == 1


def test_no_content(shelf: Shelf) -> None:
    """An answer without bytes is not an empty file."""
    shelf.fake.script(FILE, reply(204))
    shelf.fail(MismatchError, "size")


def limit_room(monkeypatch: pytest.MonkeyPatch, free_bytes: int) -> None:
    """Let disks have so little room."""

    class Room:
        f_frsize = 1
        f_bavail = free_bytes

    monkeypatch.setattr(os, "statvfs", lambda path: Room)


def test_no_room(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room is told before the first byte is asked for."""
    limit_room(monkeypatch, len(CONTENT) - 1)
    assert "make room" in shelf.fail(DiskFullError, "disk-full")
    assert shelf.count_downloads() == 0


def test_just_enough_room(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for exactly the bytes of the image suffices."""
    limit_room(monkeypatch, len(CONTENT))
    shelf.download()


def test_the_disk_fills(shelf: Shelf) -> None:
    """A disk that is full before the last byte ends all transfers, with what to do."""
    shelf.path.parent.mkdir()
    shelf.path.with_name("image.raw.part").symlink_to("/dev/full")
    assert "the disk is full; make room" in shelf.fail(DiskFullError, "disk-full")
    assert shelf.count_downloads() == 1


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.EDQUOT, DiskFullError, "disk-full"),
        (errno.EIO, DownpourError, "unwritable"),
        (errno.EROFS, DownpourError, "unwritable"),
    ],
)
def test_the_disk_fails(
    number: int,
    kind: type[DownpourError],
    code: str,
    shelf: Shelf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A quota that is used up counts as a full disk; other failures are named."""

    def fail(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    told = shelf.fail(kind, code)
    assert shelf.path.name in told
    if code == "unwritable":
        assert os.strerror(number) in told


def test_interrupted(shelf: Shelf) -> None:
    """Whatever ends the download, no part is left."""

    class Interrupted(Listener):
        def say(self, message: str) -> None:
            """Be interrupted between two attempts."""
            raise KeyboardInterrupt

    shelf.listener = Interrupted()
    shelf.fake.script(FILE, cut(11))
    with pytest.raises(KeyboardInterrupt):
        shelf.download()
    assert os.listdir(shelf.path.parent) == []
