"""uuids.csv: which object of the destination stands for which id of the source.

The file is a record and an input at once. It is read anew by each task (people edit it, and tasks
run in processes of their own), and a row is on the disk before the task that made the object ends.
"""

from __future__ import annotations

import csv
import errno
import fcntl
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import RECORD_COLUMNS
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.row import (
    Row,
    format_cells,
    format_row,
    unguard,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import RESOURCE_TYPES

TYPE_NAMES = tuple(RESOURCE_TYPES)

_MODE = 0o600


@dataclass(frozen=True)
class _Line:
    """A row and the lines of the file that it takes, counted from 0, end exclusive."""

    row: Row
    first: int
    end: int


class Record:
    """The file uuids.csv of one bundle."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find_new_id(self, type_name: str, old_id: str) -> str | None:
        """Return the id in the destination, None without a row.

        Raises TaskError if the file cannot be read or is not what it should be.
        """
        for row in self.read_rows():
            if (row.type_name, row.old_id) == (type_name, old_id.strip()):
                return row.new_id
        return None

    def read_rows(self) -> list[Row]:
        """Return all rows in the file's order, none if there is no file; raises TaskError."""
        return [line.row for line in self._parse(self._read_text())]

    def write_row(self, row: Row) -> None:
        """Append the row, or put it in the place of the row of the same old id; on disk on return.

        Raises TaskError if the file cannot be written.
        """
        row = replace(row, old_id=row.old_id.strip(), new_id=row.new_id.strip())
        for label, text in (("old", row.old_id), ("new", row.new_id)):
            if not text or escape_controls(text) != text:
                raise self._failure(f"the {label} id '{escape_controls(text)}' is no id")
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                self._write_locked(descriptor, row)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._failure(
                f"{error.strerror}; the row that is missing is {format_row(row).strip()}",
                "Make the file writable, then run the playbook again.",
            ) from error

    @contextmanager
    def hold_lock(self, announce: Callable[[str], None]) -> Iterator[None]:
        """Keep other runs of the same bundle from creating anything meanwhile.

        A task outlives the ansible-playbook that is killed, and may still be creating what the next
        run looks for. If the lock is taken, announce() is told and it is waited for.
        """
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                announce("another run of this playbook is still creating something; waiting for it")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            except OSError as error:
                # Some network file systems cannot lock a directory.
                if error.errno not in {errno.EBADF, errno.ENOLCK, errno.ENOTSUP}:
                    raise
            yield
        finally:
            os.close(descriptor)

    def _write_locked(self, descriptor: int, row: Row) -> None:
        text = self._read_text()
        lines = self._parse(text)
        taken = next((line for line in lines if _key(line.row) == _key(row)), None)
        if taken is None:
            self._append(descriptor, text, row)
        elif taken.row.new_id != row.new_id:
            self._replace(text, taken, row)

    def _append(self, descriptor: int, text: str, row: Row) -> None:
        kept = "".join(_drop_torn_line(_split_lines(text)))
        if kept != text:
            os.ftruncate(descriptor, len(kept.encode("utf-8")) + self._mark_length(descriptor))
        addition = "" if kept.strip() else format_cells(RECORD_COLUMNS)
        if kept and not kept.endswith(("\n", "\r")):
            addition = "\n" + addition
        is_new = not text
        os.lseek(descriptor, 0, os.SEEK_END)
        _write_all(descriptor, (addition + format_row(row)).encode("utf-8"))
        os.fsync(descriptor)
        if is_new:
            self._sync_directory()

    def _replace(self, text: str, taken: _Line, row: Row) -> None:
        lines = _drop_torn_line(_split_lines(text))
        lines[taken.first : taken.end] = [format_row(row)]
        part = self.path.with_name(self.path.name + ".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
        try:
            _write_all(descriptor, "".join(lines).encode("utf-8"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.replace(self.path)
        self._sync_directory()

    def _sync_directory(self) -> None:
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @staticmethod
    def _mark_length(descriptor: int) -> int:
        return 3 if os.pread(descriptor, 3, 0) == b"\xef\xbb\xbf" else 0

    def _read_text(self) -> str:
        try:
            return self.path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._failure(f"cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise self._failure(f"is not UTF-8 text: {error}") from error

    def _parse(self, text: str) -> list[_Line]:
        reader = csv.reader(_drop_torn_line(_split_lines(text)), skipinitialspace=True)
        found: list[_Line] = []
        by_key: dict[tuple[str, str], Row] = {}
        first = 0
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return found
            except csv.Error as error:
                raise self._failure(f"line {first + 1}: {error}") from error
            row = self._parse_cells(cells, first + 1)
            if row is not None:
                other = by_key.setdefault(_key(row), row)
                if other.new_id != row.new_id:
                    raise self._failure(
                        f"line {first + 1}: {row.type_name} {row.old_id} is already "
                        f"{escape_controls(other.new_id)} in a line above",
                        "Keep one of the two lines.",
                    )
                found.append(_Line(row, first, reader.line_num))
            first = reader.line_num

    def _parse_cells(self, cells: list[str], line: int) -> Row | None:
        if not any(cell.strip() for cell in cells):
            return None
        expected = len(RECORD_COLUMNS)
        if len(cells) != expected:
            raise self._failure(f"line {line}: {len(cells)} columns instead of {expected}")
        stripped = tuple(cell.strip() for cell in cells)
        if tuple(cell.lower() for cell in stripped) == tuple(
            cell.lower() for cell in RECORD_COLUMNS
        ):
            return None
        type_name = stripped[0].lower()
        if type_name not in TYPE_NAMES:
            raise self._failure(
                f"line {line}: unknown resource type '{escape_controls(stripped[0])}'",
                f"The types are: {', '.join(TYPE_NAMES)}.",
            )
        for label, cell in (("Old", stripped[2]), ("New", stripped[3])):
            if not cell:
                raise self._failure(
                    f"line {line}: the column {label} is empty",
                    "Fill in the id or remove the line.",
                )
        return Row(type_name, unguard(cells[1]), unguard(stripped[2]), unguard(stripped[3]))

    def _failure(self, why: str, remedy: str = "Correct the file, then run again.") -> TaskError:
        return TaskError(escape_controls(str(self.path)), why, remedy)


def _key(row: Row) -> tuple[str, str]:
    return row.type_name, row.old_id


def _split_lines(text: str) -> list[str]:
    # Not str.splitlines(): that also splits at U+2028 and others, which are no line ends here.
    return list(io.StringIO(text, newline=""))


def _drop_torn_line(lines: list[str]) -> list[str]:
    return lines[:-1] if lines and _is_torn(lines[-1]) else lines


def _is_torn(last_line: str) -> bool:
    """Whether a crash cut this line: no end of line, and a quote left open or a column missing."""
    if last_line.endswith(("\n", "\r")):
        return False
    if last_line.count('"') % 2 or last_line.endswith('",'):
        return True
    cells = next(csv.reader([last_line], skipinitialspace=True), [])
    return len(cells) != len(RECORD_COLUMNS)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
