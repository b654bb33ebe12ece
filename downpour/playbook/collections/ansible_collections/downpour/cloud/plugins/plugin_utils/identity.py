"""The one algorithm that decides which object of the destination stands for an id of the source."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Protocol

from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import AnswerLostError
from ansible_collections.downpour.cloud.plugins.plugin_utils.row import Row
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import (
    describe_resource,
    escape_controls,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud
    from ansible_collections.downpour.cloud.plugins.plugin_utils.record import Record

# How long an object may take to show up after the answer of the request that made it was lost.
_LOST_ANSWER_PAUSES_SECONDS = (0.5, 1, 2, 4)


class Origin(enum.Enum):
    """How an object came to stand for its old id in this task."""

    RECORDED = "a row of uuids.csv names it"
    FOUND = "it was in the project already"
    CREATED = "this task made it"
    PLANNED = "it would be made, but this is check mode"


@dataclass
class Task:
    """One task of the playbook: its arguments and what it works with."""

    type_name: str
    arguments: Mapping[str, Any]
    cloud: Cloud
    record: Record
    directory: Path
    is_check_mode: bool
    # What messages call the type, where uuids.csv has another word for it.
    label: str
    # Tells the person at once; warnings are shown when the task ends.
    announce: Callable[[str], None]
    warnings: list[str] = field(default_factory=list)

    @property
    def old_id(self) -> str:
        """The id in the source; "" for tasks about many resources."""
        return str(self.arguments.get("old_id", ""))

    @property
    def name(self) -> str:
        """The name in the source; "" for tasks about many resources."""
        return str(self.arguments.get("name", ""))

    def describe(self) -> str:
        """Return the resource for a message: type, name and old id."""
        return describe_resource(self.label, self.name, self.old_id)

    def warn(self, text: str) -> None:
        """Show a warning when the task ends."""
        self.warnings.append(f"{self.describe()}: {text}")


@dataclass(frozen=True)
class Obtained:
    """The object that stands for the old id: its id, its origin, what the API tells of it."""

    new_id: str
    origin: Origin
    found: Json

    @property
    def has_changed(self) -> bool:
        """Whether the destination was (or, in check mode, would be) changed."""
        return self.origin in {Origin.CREATED, Origin.PLANNED}


class Steps(Protocol):
    """What a type of resource does in each step of the algorithm."""

    def fetch(self, task: Task, new_id: str) -> Json | None:
        """Return the object of that id, None if there is none."""

    def find(self, task: Task, is_fresh: bool) -> Json | None:
        """Return the object that is this resource's own already, None if there is none."""

    def create(self, task: Task) -> Json:
        """Make the object, with its marker."""

    def settle(self, task: Task, found: Json) -> Json:
        """Finish a new object or one that a killed task left; a second call does nothing."""

    def is_recorded(self, task: Task) -> bool:
        """Whether the object gets a row in uuids.csv."""


def obtain(task: Task, steps: Steps) -> Obtained:
    """Return the object that stands for the old id; create it only if there is none.

    A row of uuids.csv whose object exists is final: nothing is written, whatever that object is
    like. Raises TaskError.
    """
    obtained = _find_recorded(task, steps)
    if obtained is not None:
        return obtained
    if task.is_check_mode:
        found = steps.find(task, False)
        return Obtained(found["id"], Origin.FOUND, found) if found else _plan(task)
    has_waited: list[str] = []

    def announce(text: str) -> None:
        has_waited.append(text)
        task.announce(f"{task.describe()}: {text}")

    with task.record.hold_lock(announce):
        if has_waited:
            # What another run made meanwhile has a row now, or is found by a fresh look.
            task.cloud.known.clear()
        return _find_recorded(task, steps, is_quiet=True) or _make(task, steps)


def _find_recorded(task: Task, steps: Steps, is_quiet: bool = False) -> Obtained | None:
    recorded = task.record.find_new_id(task.type_name, task.old_id)
    if recorded is None:
        return None
    existing = steps.fetch(task, recorded)
    if existing is not None:
        return Obtained(recorded, Origin.RECORDED, existing)
    if not is_quiet:
        task.warn(
            f"{task.record.path.name} names {escape_controls(recorded)}, which is not in the "
            f"destination (any more); another one takes its place"
        )
    return None


def _make(task: Task, steps: Steps) -> Obtained:
    found = steps.find(task, False)
    origin = Origin.FOUND
    if found is None:
        found, origin = _create_once(task, steps), Origin.CREATED
    found = steps.settle(task, found)
    new_id = str(found["id"])
    if steps.is_recorded(task):
        task.record.write_row(Row(task.type_name, task.name, task.old_id, new_id))
    return Obtained(new_id, origin, found)


def make_placeholder(type_name: str, old_id: str) -> str:
    """Return what stands for the new id in check mode, where there is none yet."""
    return f"(new {type_name} {old_id})"


def is_placeholder(new_id: str) -> bool:
    """Whether the id comes from make_placeholder(), so that nothing can be looked up."""
    return new_id.startswith("(new ")


def _plan(task: Task) -> Obtained:
    return Obtained(make_placeholder(task.type_name, task.old_id), Origin.PLANNED, {})


def _create_once(task: Task, steps: Steps) -> Json:
    try:
        return steps.create(task)
    except AnswerLostError:
        # The object may be there now, or in a moment. Sending again could make a twin.
        for pause_seconds in _LOST_ANSWER_PAUSES_SECONDS:
            sleep(pause_seconds)
            found = steps.find(task, True)
            if found is not None:
                return found
        raise
