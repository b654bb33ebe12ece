"""What an export has done so far, one JSON document a line, each on the disk before the deed.

=========  ====================================================================
event      further keys
=========  ====================================================================
begin      ``source`` (where the cloud is, project), ``selection``
intend     ``kind`` and ``name`` of a temporary object about to be made
created    ``name``, ``id``
removed    ``name``
saved      ``type``, ``id``, ``file`` (a data file that is whole)
=========  ====================================================================

The names of temporary objects hold a random part, so that an object can be found again by its name
even if the run was killed before it learned the id.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

from downpour.bundle.layout import JOURNAL
from downpour.errors import DownpourError, Problem
from downpour.files import translate_disk_errors
from downpour.resources.captures import TemporaryKind
from downpour.resources.model import DataFile, Key
from downpour.text import printable


@dataclasses.dataclass(frozen=True)
class Temporary:
    """An object of downpour's own in the source cloud; ``id`` is empty while it is not known."""

    kind: TemporaryKind
    name: str
    id: str = ""


class Journal:
    """The open, locked journal of an export directory."""

    def __init__(self, path: Path, stream: IO[str]) -> None:
        self.path = path
        self._stream = stream
        self.source: dict[str, str] = {}
        self.selection: list[Any] = []
        self.temporary: dict[str, Temporary] = {}
        self.saved: dict[Key, DataFile] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def begin(self, source: Mapping[str, str], selection: list[Any]) -> None:
        """Note which export this is."""
        self._append({"event": "begin", "source": dict(source), "selection": selection})

    def intend(self, kind: TemporaryKind, name: str) -> None:
        """Note that a temporary object is about to be made."""
        self._append({"event": "intend", "kind": kind, "name": name})

    def note_created(self, name: str, object_id: str) -> None:
        """Note the id of a temporary object."""
        self._append({"event": "created", "name": name, "id": object_id})

    def note_removed(self, name: str) -> None:
        """Note that a temporary object is gone."""
        self._append({"event": "removed", "name": name})

    def note_saved(self, resource_type: str, source_id: str, file: DataFile) -> None:
        """Note that the bytes of a resource are whole and in place."""
        document = dataclasses.asdict(file)
        self._append({"event": "saved", "type": resource_type, "id": source_id, "file": document})

    def remove(self) -> None:
        """Delete the journal: the export is complete and nothing of it is left in the source."""
        self.path.unlink()

    def _append(self, event: dict[str, Any]) -> None:
        with translate_disk_errors(printable(self.path)):
            self._stream.write(json.dumps(event, sort_keys=True) + "\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
        self._apply(event)

    def _apply(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "begin":
                self.source, self.selection = event["source"], event["selection"]
            case "intend":
                kind = TemporaryKind(event["kind"])
                self.temporary[event["name"]] = Temporary(kind, event["name"])
            case "created":
                known = self.temporary[event["name"]]
                self.temporary[event["name"]] = dataclasses.replace(known, id=event["id"])
            case "removed":
                self.temporary.pop(event["name"], None)
            case "saved":
                self.saved[event["type"], event["id"]] = DataFile(**event["file"])
            case unknown:
                raise ValueError(f"unknown event {unknown}")

    def replay(self, lines: list[str]) -> None:
        """Take in what an earlier run noted; raises ``ValueError`` with the line that is wrong."""
        for number, line in enumerate(lines, 1):
            try:
                self._apply(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"line {number} is no journal entry") from error


def open_journal(directory: Path) -> Journal:
    """Open the journal of an export directory, or start one, and lock it.

    A last line that a killed run left without its end is cut off. Raises :class:`DownpourError`
    when another run holds it or when it is damaged.
    """
    path = directory / JOURNAL
    with translate_disk_errors(printable(path)):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    stream = os.fdopen(handle, "r+", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        text = stream.read()
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            stream.seek(0)
            stream.truncate(len(whole.encode()))
        stream.seek(0, os.SEEK_END)
        journal = Journal(path, stream)
        journal.replay(whole.splitlines())
    except BlockingIOError as error:
        stream.close()
        raise DownpourError(
            Problem("busy", printable(directory), "another downpour works in this directory")
        ) from error
    except ValueError as error:
        stream.close()
        raise DownpourError(
            Problem("journal", printable(path), str(error), "restore it, or name another directory")
        ) from error
    return journal
