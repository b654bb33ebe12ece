"""Processes by identity: a pid and its start time, so that a reused pid is never mistaken.

Standard library only; Linux only (``/proc``).
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

# Without pidfd_open (an old kernel) the watched process is looked at this often.
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class ProcessIdentity:
    """One process: its pid and its start time in clock ticks since boot."""

    pid: int
    started: int

    @classmethod
    def of_pid(cls, pid: int) -> ProcessIdentity | None:
        """Return the identity of the process that has this pid now, None if there is none."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # proc(5): the command in parentheses may hold anything; state is the first field after.
        fields = stat.rpartition(")")[2].split()
        if fields[0] in ("Z", "X"):
            return None
        return cls(pid, int(fields[19]))

    @classmethod
    def read(cls, path: Path) -> ProcessIdentity | None:
        """Return the identity recorded in a file, None if there is none."""
        try:
            pid, started = path.read_text(encoding="utf-8").split()
            return cls(int(pid), int(started))
        except (OSError, ValueError):
            return None

    def write(self, path: Path) -> None:
        """Record this identity in a file, at once or not at all."""
        part = path.with_name(f"{path.name}.part")
        part.write_text(f"{self.pid} {self.started}\n", encoding="utf-8")
        part.replace(path)

    @property
    def is_running(self) -> bool:
        """Whether this very process still runs."""
        return ProcessIdentity.of_pid(self.pid) == self

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal if this very process still runs."""
        if self.is_running:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def stop_processes(processes: Iterable[ProcessIdentity], grace_seconds: float = 5.0) -> None:
    """Terminate processes, and kill those that are still there after the grace time."""
    remaining = list(processes)
    for process in remaining:
        process.send_signal(signal.SIGTERM)
    end = time.monotonic() + grace_seconds
    while remaining := [process for process in remaining if process.is_running]:
        if time.monotonic() > end:
            for process in remaining:
                process.send_signal(signal.SIGKILL)
        time.sleep(0.02)


def wait_while(
    process: ProcessIdentity | None, is_wanted: Callable[[], bool], check_seconds: float
) -> None:
    """Block until the process is gone, or until ``is_wanted()`` is false.

    The end of the process is noticed at once (pidfd), ``is_wanted`` every ``check_seconds``.
    Costs no processor time in between.  Without a process only ``is_wanted`` counts.
    """
    if process is None:
        while is_wanted():
            time.sleep(check_seconds)
        return
    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:
        while process.is_running and is_wanted():
            time.sleep(POLL_SECONDS)
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        # The descriptor may be that of a process that took the pid over: so look once more.
        while process.is_running and is_wanted():
            if poll.poll(check_seconds * 1000):
                return
    finally:
        os.close(descriptor)
