"""Waiting for all objects of a type at once, and reporting all that failed together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task, is_placeholder
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import make_marker
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import (
    describe_resource,
    escape_controls,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_PAUSE_GROWTH = 1.4
_REMEDY = "Delete them in the destination, correct the cause, then run the playbook again."

# An entry of the task and the object that stands for it.
Pair = tuple[Json, Json]


@dataclass(frozen=True)
class Completion:
    """How the objects of a type are completed once all of them exist.

    The functions are asked about objects that downpour made; others are left alone.
    """

    resource_type: ResourceType
    is_busy: Callable[[Json], bool]
    # What is wrong with the object, "" for nothing.
    find_problem: Callable[[Task, Json], str]
    # Completes what is there; whether anything was (or would be) changed. What cannot be completed
    # is added to the list of failures.
    finish: Callable[[Task, list[Pair], list[str]], bool]


def declare_entry(resource_type: ResourceType) -> tuple[Argument, ...]:
    """Return what each entry of such a module says about its object."""
    return (
        Argument("id", "Id in the destination.", is_required=True, refers_to=resource_type.name),
        Argument(
            "old_id",
            "Id in the source.",
            is_required=True,
            wire=None,
            unreadable="it is the source's; the marker holds it",
        ),
        Argument("name", f"Name of the {resource_type.name}.", is_required=True),
    )


def declare_timeout(default_minutes: int) -> Argument:
    """Return the argument that says how long to wait."""
    return Argument(
        "timeout_minutes",
        "How long to wait before those that are not ready count as failed.",
        "int",
        wire=None,
        default=default_minutes,
        unreadable="it is about the waiting",
    )


def complete_all(task: Task, entries: list[Json], completion: Completion) -> Result:
    """Wait for all entries, complete those that are fine, then report all others in one message.

    Each entry has `id`, `old_id` and `name`. Raises TaskError.
    """
    resource_type = completion.resource_type
    wanted = [entry for entry in entries if not is_placeholder(entry["id"])]
    objects = wait_for_all(task, resource_type, wanted, completion.is_busy)
    failures: list[str] = []
    fine: list[Pair] = []
    remedy = ""
    for entry in wanted:
        found = objects.get(entry["id"])
        problem = ""
        if found is None:
            shown = escape_controls(entry["id"])
            problem = f"there is no {resource_type.name} {shown} in the project"
        elif is_ours(resource_type, entry, found):
            problem = completion.find_problem(task, found)
            if not problem:
                fine.append((entry, found))
        if problem:
            failures.append(f"{describe_entry(resource_type, entry)}: {problem}")
            remedy = _REMEDY
    has_changed = completion.finish(task, fine, failures) or len(wanted) < len(entries)
    if failures:
        raise TaskError(
            f"{len(failures)} of {len(wanted)} are not usable", "; ".join(failures), remedy
        )
    return {"changed": has_changed}


def wait_for_all(
    task: Task,
    resource_type: ResourceType,
    entries: Iterable[Json],
    is_busy: Callable[[Json], bool],
) -> dict[str, Json]:
    """Return the project's objects by id, once none of the entries' that are ours is busy.

    After the task's `timeout_minutes` they are returned as they are then.
    """
    wanted = list(entries)
    objects: dict[str, Json] = {}

    def are_finished() -> bool:
        objects.clear()
        listed = resource_type.list_all(task.cloud, {}) if wanted else []
        objects.update({item["id"]: item for item in listed})
        found = [(entry, objects[entry["id"]]) for entry in wanted if entry["id"] in objects]
        return task.is_check_mode or not any(
            is_busy(item) and is_ours(resource_type, entry, item) for entry, item in found
        )

    wait_until(are_finished, task.arguments["timeout_minutes"] * 60)
    return objects


def is_ours(resource_type: ResourceType, entry: Json, found: Json) -> bool:
    """Whether downpour made the object for this entry."""
    return resource_type.marker.is_marked(found, make_marker(entry["old_id"]))


def describe_entry(resource_type: ResourceType, entry: Json) -> str:
    """Return the resource of the entry for a message: type, name and old id."""
    return describe_resource(resource_type.name, entry["name"], entry["old_id"])


@contextmanager
def note_failure(resource_type: ResourceType, entry: Json, failures: list[str]) -> Iterator[None]:
    """Let the others be completed although the cloud refuses something about this entry."""
    try:
        yield
    except TaskError as failure:
        failures.append(f"{describe_entry(resource_type, entry)}: {failure}")


def wait_until(is_done: Callable[[], bool], timeout_seconds: float) -> bool:
    """Call is_done() in growing intervals until it returns True; False if the time is over."""
    end_seconds = time.monotonic() + timeout_seconds
    pause_seconds = _FIRST_PAUSE_SECONDS
    while not is_done():
        if time.monotonic() + pause_seconds > end_seconds:
            return False
        time.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
    return True
