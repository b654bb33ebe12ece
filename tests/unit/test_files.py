"""Files are whole or not there."""

import errno
import os
import stat
from pathlib import Path

import pytest

from downpour.errors import DiskFullError, DownpourError
from downpour.files import check_room, make_directory, translate_disk_errors, write_file


def read_mode(path: Path) -> int:
    """The permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """Files and the directories made for them are private, whatever the umask."""
    before = os.umask(0)
    try:
        write_file(tmp_path / "new" / "file", b"content")
    finally:
        os.umask(before)
    assert read_mode(tmp_path / "new") == 0o700
    assert read_mode(tmp_path / "new" / "file") == 0o600


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    """A file gets the mode asked for even where the umask would take bits away."""
    before = os.umask(0o777)
    try:
        write_file(tmp_path / "file", b"content", 0o644)
    finally:
        os.umask(before)
    assert read_mode(tmp_path / "file") == 0o644


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails, the old content is still there and no part of the new one."""
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_an_existing_directory_is_fine(tmp_path: Path) -> None:
    """Making a directory that is there keeps it and its mode."""
    tmp_path.chmod(0o750)
    make_directory(tmp_path)
    assert read_mode(tmp_path) == 0o750


def test_the_order_of_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is on the disk before the file gets its name, and then the name is."""
    synced: list[tuple[str, bool, int]] = []

    def remember(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        size_bytes = path.stat().st_size if path.is_file() else 0
        synced.append((path.name, (tmp_path / "file").exists(), size_bytes))

    monkeypatch.setattr(os, "fsync", remember)
    write_file(tmp_path / "file", b"content")
    assert synced == [("file.part", False, 7), (tmp_path.name, True, 0)]


@pytest.mark.parametrize(("free_bytes", "is_enough"), [(2047, False), (2048, True)])
def test_room(
    free_bytes: int, is_enough: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room for exactly what is to come suffices; otherwise both figures are told."""

    class Room:
        f_frsize = 1
        f_bavail = free_bytes

    monkeypatch.setattr(os, "statvfs", lambda path: Room)
    if is_enough:
        check_room(tmp_path, 2048, "all of it")
    else:
        with pytest.raises(
            DiskFullError, match=r"all of it to .*2\.0 KiB are to come, 2\.0 KiB are"
        ):
            check_room(tmp_path, 2048, "all of it")


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, DiskFullError, "disk-full"),
        (errno.EDQUOT, DiskFullError, "disk-full"),
        (errno.EACCES, DownpourError, "unwritable"),
    ],
)
def test_what_the_disk_refuses(number: int, kind: type[DownpourError], code: str) -> None:
    """A full disk is told from one that fails in another way, with what was written and why."""
    with pytest.raises(kind) as caught, translate_disk_errors("the file"):
        raise OSError(number, os.strerror(number))
    (problem,) = caught.value.problems
    assert (problem.code, problem.what) == (code, "the file")
    assert type(caught.value) is kind
    assert problem.todo == "make room" or os.strerror(number) in problem.why
