"""Writing files so that they are whole or not there, and what disks refuse in our own words."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from downpour.errors import DiskFullError, DownpourError, Problem
from downpour.text import human_size, printable


def make_directory(path: Path) -> None:
    """Make a directory that only its owner may enter, and those above it."""
    # Not parents=True: that makes those above with the permissions of the umask.
    missing = [directory for directory in (path, *path.parents) if not directory.exists()]
    for directory in [*reversed(missing), path]:
        directory.mkdir(mode=0o700, exist_ok=True)


def write_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put ``content`` at ``path`` in one step and on the disk; raises ``OSError``."""
    make_directory(path.parent)
    part = path.with_name(path.name + ".part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
        put_in_place(part, path)
    finally:
        part.unlink(missing_ok=True)


def put_in_place(part: Path, path: Path) -> None:
    """Rename a finished ``part`` to ``path`` and make the renaming last."""
    part.replace(path)
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_room(directory: Path, needed_bytes: int, what: str) -> None:
    """Raise :class:`DiskFullError` when ``what`` would not fit on the disk of ``directory``."""
    room = os.statvfs(directory)
    free_bytes = room.f_bavail * room.f_frsize
    if needed_bytes > free_bytes:
        raise DiskFullError(
            Problem(
                "disk-full",
                f"{what} to {printable(directory)}",
                f"up to {human_size(needed_bytes)} are to come, {human_size(free_bytes)} are free",
                "make room, or export fewer resources at a time",
            )
        )


@contextlib.contextmanager
def translate_disk_errors(what: str) -> Iterator[None]:
    """Turn what the disk refuses while writing ``what`` into a :class:`DownpourError`.

    A full one is a :class:`DiskFullError`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                Problem("disk-full", what, "the disk is full", "make room")
            ) from error
        why = f"it cannot be written: {error.strerror or error}"
        raise DownpourError(Problem("unwritable", what, why)) from error
