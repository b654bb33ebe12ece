"""A pair of clouds for as long as one process needs it; others may share them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .cloud import Cloud
from .errors import SandboxError
from .processes import ProcessIdentity
from .sandbox import DEFAULT_NAMES, Sandbox, find_state_directory

PREFIX = "session-"


def remove_abandoned_sessions(cache: Path) -> None:
    """Remove what sessions left that were killed; their services ended with them."""
    for directory in cache.glob(f"{PREFIX}*"):
        pid = directory.name.removeprefix(PREFIX)
        if pid.isdecimal() and ProcessIdentity.of_pid(int(pid)) is None:
            shutil.rmtree(directory, ignore_errors=True)


def find_session(owner_pid: int) -> Sandbox:
    """Return the state directory for the clouds of a process."""
    cache = find_state_directory()
    return Sandbox(cache / f"{PREFIX}{owner_pid}", cache)


def join_session(
    owner_pid: int, say: Callable[[str], None] = lambda _text: None
) -> tuple[Cloud, Cloud]:
    """Return the clouds ``src`` and ``dst`` of a process, started by whoever asks first.

    If $DOWNPOUR_SANDBOX_DIR names a sandbox that is up, it is that one and stays up.  Else two
    fresh clouds are started, beside others that may run.  Their owner, which may be another
    process, is to call ``end_session``; if it is killed, the services end by themselves.
    """
    source, destination = (Sandbox().open_cloud(name) for name in DEFAULT_NAMES)
    is_reused = bool(os.environ.get("DOWNPOUR_SANDBOX_DIR"))
    if is_reused and source.is_running and destination.is_running:
        return source, destination
    owner = ProcessIdentity.of_pid(owner_pid)
    if owner is None:
        raise SandboxError(f"the clouds' owner, process {owner_pid}, has ended")
    session = find_session(owner_pid)
    remove_abandoned_sessions(session.cache)
    source, destination = Sandbox(session.state, session.cache, say).start_clouds(owner=owner)
    return source, destination


def end_session(owner_pid: int) -> None:
    """Stop and remove what ``join_session`` has started for a process, if anything."""
    session = find_session(owner_pid)
    if session.state.exists():
        session.stop_clouds(wipe=True)
        shutil.rmtree(session.state, ignore_errors=True)


@contextmanager
def open_session(
    say: Callable[[str], None] = lambda _text: None,
) -> Iterator[tuple[Cloud, Cloud]]:
    """Give the clouds of ``join_session`` to a block of code in this process."""
    try:
        yield join_session(os.getpid(), say)
    finally:
        end_session(os.getpid())
