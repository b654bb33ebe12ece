"""The journal: what a killed run leaves is understood, what is damaged is refused."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from downpour.bundle.journal import Temporary, open_journal
from downpour.bundle.layout import JOURNAL
from downpour.errors import DiskFullError, DownpourError
from downpour.resources.captures import TemporaryKind
from downpour.resources.model import DataFile

SOURCE = {"auth_url": "https://a", "region": "r", "project_id": "p"}
FILE = DataFile("data/image-1.raw", 5, "ab", "cd", "raw", "bare", 1, 2, {"key": "value"})


def fill(directory: Path) -> str:
    """Write a journal with one of each event; return its text."""
    with open_journal(directory) as journal:
        journal.begin(SOURCE, [{"type": "server"}])
        journal.intend(TemporaryKind.SNAPSHOT, "one")
        journal.note_created("one", "id-1")
        journal.intend(TemporaryKind.VOLUME, "two")
        journal.intend(TemporaryKind.IMAGE, "three")
        journal.note_created("three", "id-3")
        journal.note_removed("three")
        journal.note_saved("image", "image-1", FILE)
    return (directory / JOURNAL).read_text()


def test_a_new_journal_is_empty_and_private(tmp_path: Path) -> None:
    """A directory without a journal gets one that only its owner may read."""
    with open_journal(tmp_path) as journal:
        assert (journal.source, journal.selection) == ({}, [])
        assert (journal.temporary, journal.saved) == ({}, {})
    assert stat.S_IMODE((tmp_path / JOURNAL).stat().st_mode) == 0o600


def test_replay(tmp_path: Path) -> None:
    """The next run knows what this one knew: what it made, lost track of, removed and saved."""
    fill(tmp_path)
    with open_journal(tmp_path) as journal:
        assert journal.source == SOURCE
        assert journal.selection == [{"type": "server"}]
        assert journal.temporary == {
            "one": Temporary(TemporaryKind.SNAPSHOT, "one", "id-1"),
            "two": Temporary(TemporaryKind.VOLUME, "two"),
        }
        assert journal.saved == {("image", "image-1"): FILE}


def test_what_is_intended_is_on_the_disk_at_once(tmp_path: Path) -> None:
    """An event can be read from the file before the deed begins, not when the journal closes."""
    with open_journal(tmp_path) as journal:
        journal.intend(TemporaryKind.VOLUME, "one")
        (line,) = (tmp_path / JOURNAL).read_text().splitlines()
        assert json.loads(line) == {"event": "intend", "kind": "volume", "name": "one"}


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not on the disk is told as such and not taken for noted."""

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with open_journal(tmp_path) as journal:
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(DiskFullError, match="the disk is full"):
            journal.intend(TemporaryKind.VOLUME, "one")
        assert journal.temporary == {}


def test_each_cut_of_the_last_line(tmp_path: Path) -> None:
    """Wherever a killed run stopped writing, only the event it was writing is gone."""
    text = fill(tmp_path)
    whole = text.splitlines(keepends=True)
    path = tmp_path / JOURNAL
    for cut in (1, len(whole[-1]) // 2, len(whole[-1]) - 1):
        path.write_text("".join(whole[:-1]) + whole[-1][:cut])
        with open_journal(tmp_path) as journal:
            assert journal.saved == {}
            journal.note_saved("image", "image-1", FILE)
        assert path.read_text() == text


def test_a_journal_is_ascii(tmp_path: Path) -> None:
    """No cut can go through the middle of a character, whatever the resource file names."""
    with open_journal(tmp_path) as journal:
        journal.begin(SOURCE, [{"name": "é\n\U0001f480"}])
    text = (tmp_path / JOURNAL).read_bytes().decode("ascii")
    assert len(text.splitlines()) == 1
    with open_journal(tmp_path) as journal:
        assert journal.selection == [{"name": "é\n\U0001f480"}]


@pytest.mark.parametrize(
    "line",
    [
        "not JSON",
        "[]",
        "7",
        "{}",
        '{"event": "intend"}',
        '{"event": "created", "name": "never intended", "id": "x"}',
        '{"event": "saved", "type": "image", "id": "x", "file": {"path": "x"}}',
        '{"event": "of a later version"}',
        "",
    ],
)
def test_a_damaged_line_is_refused(tmp_path: Path, line: str) -> None:
    """A line that is whole and wrong is not guessed at: the number of the line is told."""
    fill(tmp_path)
    path = tmp_path / JOURNAL
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], line, *lines[1:]]) + "\n")
    before = path.read_bytes()
    with pytest.raises(DownpourError, match="line 2 is no journal entry"):
        open_journal(tmp_path)
    assert path.read_bytes() == before


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A journal that is no text at all is damaged, not a crash."""
    (tmp_path / JOURNAL).write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(DownpourError, match="journal"):
        open_journal(tmp_path)


def test_only_one_run_at_a_time(tmp_path: Path) -> None:
    """A second run in the same directory is refused while the first works, and not afterwards."""
    with open_journal(tmp_path), pytest.raises(DownpourError, match="another downpour"):
        open_journal(tmp_path)
    with open_journal(tmp_path):
        pass


def test_a_refused_journal_is_not_locked(tmp_path: Path) -> None:
    """Having refused a damaged journal, downpour holds it no longer."""
    (tmp_path / JOURNAL).write_text("damaged\n")
    for _ in range(2):
        with pytest.raises(DownpourError, match="line 1"):
            open_journal(tmp_path)


def test_removing(tmp_path: Path) -> None:
    """A complete export has no journal."""
    fill(tmp_path)
    with open_journal(tmp_path) as journal:
        journal.remove()
    assert not (tmp_path / JOURNAL).exists()
