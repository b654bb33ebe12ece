"""What one cloud holds: documents by service and collection, bytes, limits, what is under way."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from tests.fake_cloud.messages import Document
from tests.fake_cloud.release import Release

OTHER_PROJECT_ID = "0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e"
_EPOCH = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)

# Events that take their time, in a real cloud.
EVENTS = frozenset(
    """
    images.fill servers.create servers.delete servers.image servers.start servers.stop
    snapshots.create snapshots.delete volumes.create volumes.delete volumes.upload
    """.split()
)


@dataclasses.dataclass
class Course:
    """How the next ``times`` events of a kind go: slowly, or badly.

    An object shows its passing state for ``reads`` reads (``None``: for ever). ``end`` takes the
    place of the good end; without it only the time differs.
    """

    reads: int | None = 0
    end: Mapping[str, Any] | None = None
    times: int | None = 1


@dataclasses.dataclass
class _Pending:
    reads: int | None
    finish: Callable[[], None]


class State:
    """One cloud's memory; whoever uses it from several threads holds its lock.

    Ids and times are the same in each run: both are counted from ``name``.
    """

    def __init__(self, name: str, release: Release) -> None:
        self.release = release
        self.project_id = self._hash(f"{name} project").hex
        self.user_id = self._hash(f"{name} user").hex
        self.data: dict[str, bytes] = {}
        self.limits: dict[str, int] = {}
        self.visible: set[str] = set()
        self.courses: dict[str, list[Course]] = {}
        self._name = name
        self._documents: dict[tuple[str, str], dict[str, Document]] = {}
        self._pending: dict[str, _Pending] = {}
        self._count = 0
        self._mac_count = 0

    # What it counts.

    def make_id(self) -> str:
        """Return an id that no other object has."""
        self._count += 1
        return str(self._hash(f"{self._name} {self._count}"))

    def make_mac_address(self) -> str:
        """Return a MAC address that no other port has, nor one in a cloud of another name."""
        self._mac_count += 1
        first = self._hash(f"{self._name} mac").int
        digits = f"{(first + self._mac_count) % 2**24:06x}"
        return f"fa:16:3e:{digits[:2]}:{digits[2:4]}:{digits[4:]}"

    def read_clock(self) -> datetime.datetime:
        """Return a time; it goes on by a second for each object."""
        return _EPOCH + datetime.timedelta(seconds=self._count)

    @staticmethod
    def _hash(text: str) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"fake-cloud {text}")

    # What it holds.

    def open_collection(self, service: str, collection: str) -> dict[str, Document]:
        """Return the documents of a collection by id, in the order in which they were made."""
        return self._documents.setdefault((service, collection), {})

    def copy_documents(self) -> dict[tuple[str, str], dict[str, Document]]:
        """Return a copy of everything, to compare with later."""
        return copy.deepcopy(
            {place: documents for place, documents in self._documents.items() if documents}
        )

    # What is under way.

    def plan_course(self, event: str, course: Course) -> None:
        """Let the next events of a kind take a course of their own."""
        if event not in EVENTS:
            raise ValueError(f"{event} is none of {', '.join(sorted(EVENTS))}")
        self.courses.setdefault(event, []).append(course)

    def begin(
        self,
        event: str,
        document: Document,
        passing: Document,
        finish: Callable[[], None],
        free: Callable[[], None] = lambda: None,
    ) -> None:
        """Let an object go through ``passing`` to its end, which is ``finish`` if all goes well.

        ``free`` is done at any end.
        """
        course = self._take_course(event)
        if course is None:
            finish()
            free()
            return
        end = course.end

        def conclude() -> None:
            if end is None:
                finish()
            else:
                document.update(copy.deepcopy(dict(end)))
            free()

        document.update(passing)
        self._pending[document["id"]] = _Pending(course.reads, conclude)
        if course.reads == 0:
            self.note_read(document)

    def note_read(self, document: Document) -> None:
        """Count that somebody reads an object that may be on its way."""
        pending = self._pending.get(document["id"])
        if pending is None or pending.reads is None:
            return
        if pending.reads == 0:
            del self._pending[document["id"]]
            pending.finish()
        else:
            pending.reads -= 1

    def _take_course(self, event: str) -> Course | None:
        for course in self.courses.get(event, ()):
            if course.times is None:
                return course
            if course.times > 0:
                course.times -= 1
                return course
        return None
