"""Files are whole or not there."""

import os
import stat
from pathlib import Path

import pytest

from downpour.files import make_directory, write_file


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
