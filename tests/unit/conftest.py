"""What tests of effects share: a cloud to export from, and a clock and a disk that cost no time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from downpour import capture
from tests.unit.effects import Clock, Source, open_source


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that captures wait by; nothing really waits, for a cloud or for a disk."""
    clock = Clock()
    monkeypatch.setattr(capture, "time", clock)
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    return clock


@pytest.fixture
def signals() -> Iterator[None]:
    """Signals as a program at a terminal has them, also where the tests run without one."""
    usual: dict[signal.Signals, Any] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def source(clock: Clock, tmp_path: Path) -> Iterator[Source]:
    """An empty project in a cloud of the newest release."""
    with open_source(tmp_path / "export") as source:
        yield source
