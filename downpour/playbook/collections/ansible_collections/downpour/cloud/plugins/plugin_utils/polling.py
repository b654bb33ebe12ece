"""Waiting for many objects at once."""

from __future__ import annotations

import time
from collections.abc import Callable

_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 5.0
_PAUSE_GROWTH = 1.4


def wait_until(is_done: Callable[[], bool], timeout_s: float) -> bool:
    """Call is_done() in growing intervals until it returns True; False if the time is over."""
    end_s = time.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    while not is_done():
        if time.monotonic() + pause_s > end_s:
            return False
        time.sleep(pause_s)
        pause_s = min(pause_s * _PAUSE_GROWTH, _LONGEST_PAUSE_S)
    return True
