"""Writing files so that they are whole or not there."""

from __future__ import annotations

import os
from pathlib import Path


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
