"""The algorithm that decides which object stands for an id of the source."""

from __future__ import annotations

import threading
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils import identity
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import (
    AnswerLostError,
    TaskError,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import (
    Origin,
    Task,
    is_placeholder,
    obtain,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.record import Record
from ansible_collections.downpour.cloud.plugins.plugin_utils.row import Row

from tests.unit.collection.recorder import Recorder

OLD_ID = "0a1b"


class Project:
    """A project of a cloud, reduced to what the algorithm asks of it; notes each step."""

    def __init__(self, objects: dict[str, str | None] | None = None) -> None:
        # The marker of each object by its id.
        self.objects = dict(objects or {})
        self.done: list[str] = []
        self.has_lost_answer = False
        self.has_row = True

    def fetch(self, task: Task, new_id: str) -> dict[str, Any] | None:
        """Answer whether the object exists."""
        self.done.append("fetch")
        return {"id": new_id} if new_id in self.objects else None

    def find(self, task: Task, is_fresh: bool) -> dict[str, Any] | None:
        """Look for the marker."""
        self.done.append("find")
        found = [key for key, marker in self.objects.items() if marker == task.old_id]
        return {"id": found[0]} if found else None

    def create(self, task: Task) -> dict[str, Any]:
        """Create, perhaps without telling."""
        self.done.append("create")
        self.objects["made"] = task.old_id
        if self.has_lost_answer:
            raise AnswerLostError("POST /networks", "connection reset")
        return {"id": "made"}

    def settle(self, task: Task, found: dict[str, Any]) -> dict[str, Any]:
        """Finish."""
        self.done.append("settle")
        return found

    def is_recorded(self, task: Task) -> bool:
        """Tell whether there is to be a row."""
        return self.has_row


def make_task(tmp_path: Path, new_id: str | None = None, *, is_check_mode: bool = False) -> Task:
    """Return a task, with a row in its uuids.csv if a new id is given."""
    record = Record(tmp_path / "uuids.csv")
    if new_id:
        record.write_row(Row("network", "web", OLD_ID, new_id))
    cloud = Recorder({})
    arguments = {"old_id": OLD_ID, "name": "web"}
    said: list[str] = []
    return Task(
        "network", arguments, cloud, record, tmp_path, is_check_mode, "network", said.append
    )


def read_new_id(task: Task) -> str | None:
    """Return what the record has."""
    return task.record.find_new_id("network", OLD_ID)


def test_a_row_whose_object_exists_is_final(tmp_path: Path) -> None:
    """One look at the object, no look for markers, no write: also for a row written by hand."""
    task, project = make_task(tmp_path, "mine"), Project({"mine": None, "marked": OLD_ID})
    obtained = obtain(task, project)
    assert (obtained.new_id, obtained.origin) == ("mine", Origin.RECORDED)
    assert not obtained.has_changed
    assert project.done == ["fetch"]


def test_a_row_whose_object_is_gone_is_replaced_with_a_warning(tmp_path: Path) -> None:
    """Somebody deleted the object: it is made again, and the person is told."""
    task, project = make_task(tmp_path, "gone"), Project()
    obtained = obtain(task, project)
    assert (obtained.new_id, obtained.origin) == ("made", Origin.CREATED)
    assert read_new_id(task) == "made"
    assert 'network "web" (0a1b)' in task.warnings[0]
    assert "gone" in task.warnings[0]


def test_an_object_with_the_marker_is_finished_and_recorded(tmp_path: Path) -> None:
    """A run that was killed between creating and recording made no twin."""
    task, project = make_task(tmp_path), Project({"left": OLD_ID})
    obtained = obtain(task, project)
    assert (obtained.new_id, obtained.origin) == ("left", Origin.FOUND)
    assert read_new_id(task) == "left"
    assert project.done == ["find", "settle"]


def test_else_it_is_created_finished_and_recorded(tmp_path: Path) -> None:
    """The look for a marker comes first, the row last."""
    task, project = make_task(tmp_path), Project({"other": "0a1c"})
    obtained = obtain(task, project)
    assert obtained.has_changed
    assert read_new_id(task) == "made"
    assert project.done == ["find", "create", "settle"]


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    """What one run made, the next one uses."""
    project = Project()
    obtain(make_task(tmp_path), project)
    project.done.clear()
    assert not obtain(make_task(tmp_path), project).has_changed
    assert project.done == ["fetch"]


def test_a_lost_answer_makes_no_twin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The object is looked for, and the request is not sent again."""
    monkeypatch.setattr(identity, "sleep", lambda _pause_seconds: None)
    task, project = make_task(tmp_path), Project()
    project.has_lost_answer = True
    assert obtain(task, project).new_id == "made"
    assert project.done == ["find", "create", "find", "settle"]


def test_a_lost_request_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing shows up, a person decides; still no second request."""
    monkeypatch.setattr(identity, "sleep", lambda _pause_seconds: None)
    task, project = make_task(tmp_path), Project()

    def lose(_task: Task) -> dict[str, Any]:
        project.done.append("create")
        raise AnswerLostError("POST /networks", "connection reset")

    monkeypatch.setattr(project, "create", lose)
    with pytest.raises(AnswerLostError):
        obtain(task, project)
    assert project.done.count("create") == 1
    assert read_new_id(task) is None


@pytest.mark.parametrize("row", [None, "gone"])
def test_check_mode_creates_and_writes_nothing(tmp_path: Path, row: str | None) -> None:
    """It says that something would be made, with an id that says so, too."""
    task, project = make_task(tmp_path, row, is_check_mode=True), Project()
    obtained = obtain(task, project)
    assert obtained.has_changed
    assert obtained.new_id == "(new network 0a1b)"
    assert is_placeholder(obtained.new_id)
    assert read_new_id(task) == row
    assert "create" not in project.done
    assert "settle" not in project.done


def test_check_mode_finds_what_is_there(tmp_path: Path) -> None:
    """An object with the marker would be used, so nothing would be made."""
    task, project = make_task(tmp_path, is_check_mode=True), Project({"left": OLD_ID})
    obtained = obtain(task, project)
    assert (obtained.new_id, obtained.has_changed) == ("left", False)
    assert read_new_id(task) is None


def test_without_a_row_the_marker_is_all(tmp_path: Path) -> None:
    """A server's root disk has no row; the next run finds it by its marker."""
    project = Project()
    project.has_row = False
    task = make_task(tmp_path)
    assert obtain(task, project).has_changed
    assert not task.record.path.exists()
    assert not obtain(task, project).has_changed


def test_a_bad_record_stops_the_task_before_the_cloud_is_asked(tmp_path: Path) -> None:
    """Nothing is created while the file does not say clearly what exists."""
    (tmp_path / "uuids.csv").write_text("network,web,0a1b\n")
    project = Project()
    with pytest.raises(TaskError, match="line 1"):
        obtain(make_task(tmp_path), project)
    assert project.done == []


def test_a_task_that_outlived_its_run_is_waited_for(tmp_path: Path) -> None:
    """Two runs at once, or an upload that goes on after a kill: one creates, both use it."""
    project, entered, order = Project(), threading.Event(), []
    said: list[str] = []

    class Slow(Project):
        def create(self, task: Task) -> dict[str, Any]:
            entered.set()
            while not said:
                sleep(0.001)
            order.append("created")
            return super().create(task)

    slow = Slow()
    slow.objects = project.objects
    thread = threading.Thread(target=obtain, args=(make_task(tmp_path), slow), daemon=True)
    thread.start()
    entered.wait()
    task = make_task(tmp_path)
    task.announce = said.append
    obtained = obtain(task, project)
    thread.join()
    assert (obtained.new_id, obtained.origin) == ("made", Origin.RECORDED)
    assert order == ["created"]
    assert "create" not in project.done
    assert "another run" in said[0]
