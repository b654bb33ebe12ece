"""A pair of clouds for as long as one process needs it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .cloud import Cloud
from .processes import ProcessIdentity
from .sandbox import DEFAULT_NAMES, Sandbox, find_state_directory

PREFIX = "session-"


def remove_abandoned_sessions(cache: Path) -> None:
    """Remove what sessions left that were killed; their services ended with them."""
    for directory in cache.glob(f"{PREFIX}*"):
        pid = directory.name.removeprefix(PREFIX)
        if pid.isdecimal() and ProcessIdentity.of_pid(int(pid)) is None:
            shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def open_session(say: Callable[[str], None] = lambda _text: None) -> Iterator[list[Cloud]]:
    """Give the clouds ``src`` and ``dst`` to a block of code.

    If $DOWNPOUR_SANDBOX_DIR names a sandbox that is up, it is that one and stays up.  Else two
    fresh clouds are started, beside others that may run, and removed at the end; if this process
    is killed, their services end by themselves.
    """
    shared = Sandbox()
    clouds = [shared.open_cloud(name) for name in DEFAULT_NAMES]
    if os.environ.get("DOWNPOUR_SANDBOX_DIR") and all(cloud.is_running for cloud in clouds):
        yield clouds
        return
    cache = find_state_directory()
    remove_abandoned_sessions(cache)
    sandbox = Sandbox(cache / f"{PREFIX}{os.getpid()}", cache, say)
    try:
        yield sandbox.start_clouds(owner=ProcessIdentity.of_pid(os.getpid()))
    finally:
        sandbox.stop_clouds(wipe=True)
        shutil.rmtree(sandbox.state, ignore_errors=True)
