"""A cloud, a bundle's directory, and tasks of the collection between them."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.record import Record
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.row import Row
from ansible_collections.downpour.cloud.plugins.plugin_utils.run import run_module
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import RESOURCE_TYPES
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

from tests.fake_cloud import FakeCloud
from tests.fake_cloud.catalog import KINDS
from tests.unit.collection.examples import (
    FILES,
    PRECEDED_BY,
    Case,
    Furniture,
    Reference,
    make_task,
)

# What differs between two objects that were made by the same task.
_VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|fa:16:3e(:[0-9a-f]{2}){3}|f816:3eff:fe[0-9a-f:]+"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z?"
)

Documents = dict[tuple[str, str], dict[str, Json]]


class KilledError(BaseException):
    """A process that is killed: nothing in it can do anything about that."""


@dataclass(frozen=True)
class Scene:
    """All that is there when a task begins, and the task's own arguments."""

    given: Json
    record: str
    data: dict[str, bytes]
    # Pickled, which is the quickest way to have a copy again and again.
    documents: bytes

    def copy_documents(self) -> Documents:
        """Return all documents of the cloud."""
        documents: Documents = pickle.loads(self.documents)
        return documents


class MortalCloud(Cloud):
    """The collection's door to the cloud, in a process that ends after so many answers."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.answers_left: int | None = None

    def send(self, method: str, service: str, path: str, **details: Any) -> Any:
        """Send a request; what was answered the process may not live to learn."""
        try:
            return super().send(method, service, path, **details)
        finally:
            if self.answers_left is not None:
                self.answers_left -= 1
                if self.answers_left <= 0:
                    raise KilledError


class Stage:
    """One cloud of a release and one directory, put back to what they were for each try."""

    def __init__(self, cloud: FakeCloud, directory: Path) -> None:
        self.cloud = cloud
        self.directory = directory
        self.announced: list[str] = []
        self._connection = cloud.make_connection()
        # No proxy is looked for: that takes an eighth of the time of a request.
        self._connection.session.session.trust_env = False
        self._connection.session.get_token()
        self._empty = self._copy({})
        self._scenes: dict[tuple[str, str], Scene] = {}
        self._made: dict[Reference, str] = {}

    # What is there when a task begins.

    def set_up(self, case: Case) -> Json:
        """Make, with the collection's own tasks, all that the case's task refers to.

        There is also something of the same name and type, which is never meant. Returns the
        task's arguments.
        """
        place = (case.module.name, case.variant)
        if place not in self._scenes:
            self.restore(self._empty)
            self._made.clear()
            for reference in PRECEDED_BY.get(case.module.name, ()):
                self._resolve(reference, 0)
            given = self._build(case.module, case.variant, 0)
            self._put_namesake(case.module, given)
            self._scenes[place] = self._copy(given)
        scene = self._scenes[place]
        self.restore(scene)
        return scene.given

    def _put_namesake(self, module: Module, given: Json) -> None:
        # Of what is known by its name, a keypair, there is only one.
        is_label = given.get("name") == given.get("old_id")
        if isinstance(module, ResourceType) and module.has_name and not is_label:
            self.cloud.put(module.path.strip("/"), name=given["name"])

    def restore(self, scene: Scene) -> None:
        """Put everything back to what it was."""
        state = self.cloud.state
        documents = scene.copy_documents()
        for kind in KINDS.values():
            collection = kind.open(state)
            collection.clear()
            collection.update(documents.get((kind.service, kind.collection), {}))
        state.data.clear()
        state.data.update(scene.data)
        state.courses.clear()
        self.cloud.clear_scripts()
        self.announced.clear()
        self._lay_out(scene.record)

    def _copy(self, given: Json) -> Scene:
        record = self.record_path.read_text("utf-8") if self.record_path.exists() else ""
        state = self.cloud.state
        return Scene(given, record, dict(state.data), pickle.dumps(state.copy_documents()))

    def _lay_out(self, record: str) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        for name, content in FILES.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if record:
            self.record_path.write_text(record, "utf-8")

    def _build(self, module: Module, variant: str, number: int) -> Json:
        task = make_task(module, variant, self.cloud.release)
        built: Json = self._resolve(task, number)
        return built

    def _resolve(self, value: Any, number: int) -> Any:
        if isinstance(value, str):
            return value.replace("{number}", str(number))
        if isinstance(value, list):
            return [self._resolve(item, number) for item in value]
        if isinstance(value, dict):
            return {name: self._resolve(item, number) for name, item in value.items()}
        if isinstance(value, Furniture):
            return value.find(self.cloud)
        return self._obtain(value) if isinstance(value, Reference) else value

    def _obtain(self, wanted: Reference) -> str:
        if wanted not in self._made:
            module = RESOURCE_TYPES[wanted.type_name]
            task = self._build(module, wanted.variant, wanted.number)
            result = self.run(module, task)
            assert "failed" not in result, result["msg"]
            told = {"id": result["id"], "old_id": task["old_id"], "name": task["name"]}
            for field, text in told.items():
                self._made[replace(wanted, field=field)] = text
        return self._made[wanted]

    # What is done.

    def run(
        self,
        module: Module,
        given: Json,
        *,
        is_check_mode: bool = False,
        is_prepared: bool = True,
        announce: Callable[[str], None] | None = None,
        killed_after: int | None = None,
    ) -> Result:
        """Run one task as a play does: prepared, in a process of its own, which may be killed.

        Raises KilledError after that many answers.
        """
        cloud = MortalCloud(self._connection)
        if is_prepared:
            module.prepare(cloud)
        cloud.answers_left = killed_after
        return run_module(
            module,
            given,
            open_cloud=lambda name: cloud,
            directory=self.directory,
            is_check_mode=is_check_mode,
            announce=announce or self.announced.append,
        )

    def put_in_by_hand(self, case: Case, given: Json) -> str:
        """Make an object as a person does, add its row, and return its id."""
        assert isinstance(case.module, ResourceType)
        own_id = self.cloud.put(case.module.path.strip("/"), id="by-hand", name="by-hand")
        self.add_row(case.module, given, own_id)
        return own_id

    def add_row(self, module: Module, given: Json, new_id: str) -> None:
        """Write a row as a person does."""
        with self.record_path.open("a", encoding="utf-8") as record:
            record.write(f"{module.name}, {given['name']}, {given['old_id']}, {new_id}\n")

    def open_cloud(self) -> Cloud:
        """Return the collection's own door to the cloud."""
        return Cloud(self._connection)

    # What is there afterwards.

    @property
    def record_path(self) -> Path:
        """Where the record is, if there is one."""
        return self.directory / "uuids.csv"

    def list_rows(self) -> list[Row]:
        """Return the rows of the record."""
        return Record(self.record_path).read_rows()

    def list_files(self) -> dict[str, bytes]:
        """Return all files of the directory with their content."""
        found = (path for path in self.directory.rglob("*") if path.is_file())
        return {str(path.relative_to(self.directory)): path.read_bytes() for path in found}

    def read_object(self, resource_type: ResourceType, new_id: str) -> Json:
        """Return what the API tells of an object."""
        found = resource_type.fetch(resource_type, self.open_cloud(), new_id)
        assert found is not None
        return found

    def find_new_objects(self, case: Case) -> list[Json]:
        """Return what there is now of the case's type and was not when its task began."""
        assert isinstance(case.module, ResourceType)
        place = (case.module.service, case.module.path.strip("/"))
        before = self._scenes[case.module.name, case.variant].copy_documents().get(place, {})
        now = self.cloud.state.open_collection(*place)
        return [document for object_id, document in now.items() if object_id not in before]

    def summarize(self) -> dict[str, list[str]]:
        """Return all that there is, without what two runs of the same tasks may differ in."""
        summary = {"files": sorted(_generalize(name) for name in self.list_files())}
        summary["rows"] = sorted(_generalize(row) for row in self.list_rows())
        for place, documents in self.cloud.state.copy_documents().items():
            for document in documents.values():
                document.pop("revision_number", None)
            summary[" ".join(place)] = sorted(map(_generalize, documents.values()))
        return summary


def _generalize(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=repr)
    return _VOLATILE.sub("*", text)
