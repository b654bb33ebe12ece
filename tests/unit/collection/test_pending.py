"""What is noted before an object is made that cannot be marked."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import PENDING_FILE
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.pending import (
    Attempt,
    find_attempt,
    note_attempt,
)

FIRST = Attempt("server group", "old", ["a"], None)
SECOND = Attempt("server group", "old", ["a", "b"], "gone")


def test_the_last_attempt_counts(tmp_path: Path) -> None:
    """Each resource has its own attempts, of which the last is found; the file is private."""
    assert find_attempt(tmp_path, "server group", "old") is None
    note_attempt(tmp_path, FIRST)
    note_attempt(tmp_path, SECOND)
    note_attempt(tmp_path, Attempt("server group", "other", [], None))
    assert find_attempt(tmp_path, "server group", "old") == SECOND
    assert find_attempt(tmp_path, "other type", "old") is None
    assert (tmp_path / PENDING_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("torn", ['{"type_name": "server gr', '{"old": 1}', "\x00"])
def test_a_line_that_was_cut_short(torn: str, tmp_path: Path) -> None:
    """A line without its end is of a request that was never sent; the next is not lost with it."""
    note_attempt(tmp_path, FIRST)
    with (tmp_path / PENDING_FILE).open("a") as file:
        file.write(torn)
    assert find_attempt(tmp_path, "server group", "old") == FIRST
    note_attempt(tmp_path, SECOND)
    assert find_attempt(tmp_path, "server group", "old") == SECOND


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    """Nothing is made where it could not be noted; the message names the file."""
    (tmp_path / PENDING_FILE).mkdir()
    with pytest.raises(TaskError, match=PENDING_FILE):
        note_attempt(tmp_path, FIRST)
    with pytest.raises(TaskError, match=PENDING_FILE):
        find_attempt(tmp_path, "server group", "old")
