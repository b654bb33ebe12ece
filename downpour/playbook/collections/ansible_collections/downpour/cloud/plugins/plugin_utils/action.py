"""What all action plugins of the collection share: one task in, one result out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.downpour.cloud.plugins.plugin_utils.arguments import validate_arguments
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud, Json, open_cloud
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import (
    Obtained,
    Task,
    is_placeholder,
    obtain,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import Wanted, make_marker
from ansible_collections.downpour.cloud.plugins.plugin_utils.record import FILE_NAME, Record
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import (
    describe_resource,
    escape_controls,
)

Result = dict[str, Any]

_NOT_IN_BODY = frozenset({"cloud", "old_id", "tags"})


class ImportAction(ActionBase):  # type: ignore[misc]  # ansible has no types
    """A task of the import; its module's DOCUMENTATION is the list of its arguments."""

    _supports_check_mode = True
    _requires_connection = False
    TRANSFERS_FILES = False

    # Named in messages; the services are those that the preload callback logs in to.
    TYPE_NAME: ClassVar[str]
    SERVICES: ClassVar[tuple[str, ...]]

    def act(self, task: Task) -> Result:
        """Do the work and return the result; raises TaskError."""
        raise NotImplementedError

    def choose_label(self, given: dict[str, Any]) -> str:
        """Return what messages call the resource's type."""
        return self.TYPE_NAME

    @classmethod
    def prepare(cls, cloud: Cloud) -> None:
        """Do before the fork, in the parent, what many tasks have in common."""
        cloud.log_in(cls.SERVICES)

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Run the task; every expected failure becomes one clear message."""
        result: Result = super().run(tmp, task_vars)
        result["changed"] = False
        given = self._task.args
        warnings: list[str] = []
        try:
            arguments = validate_arguments(self._task.action.rpartition(".")[2], given)
            directory = Path((task_vars or {}).get("playbook_dir") or ".")
            task = Task(
                self.TYPE_NAME,
                arguments,
                open_cloud(arguments.get("cloud") or None),
                Record(directory / FILE_NAME),
                directory,
                bool(self._task.check_mode),
                self.choose_label(given),
                self._display.warning,
                warnings,
            )
            result.update(self.act(task))
        except TaskError as failure:
            label = self.choose_label(given)
            if "name" in given:
                name, old_id = (str(given.get(key) or "") for key in ("name", "old_id"))
                label = describe_resource(label, name, old_id)
            result.update(failed=True, msg=f"{label}: {escape_controls(str(failure))}")
        if warnings:
            result["warnings"] = [escape_controls(text) for text in warnings]
        return result


class CreateAction(ImportAction):
    """A task that creates one resource: a type declares its facts, exceptions are methods."""

    RESOURCE_TYPE: ClassVar[ResourceType]
    # Arguments whose wire name is not their own; "" keeps one out of the body.
    RENAMED: ClassVar[dict[str, str]] = {}
    # Arguments where null is a value of its own and not the same as leaving it out.
    NULLABLE: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        """Derive the type's name and service from its declaration."""
        super().__init_subclass__()
        if hasattr(cls, "RESOURCE_TYPE"):
            cls.TYPE_NAME = cls.RESOURCE_TYPE.name
            if not hasattr(cls, "SERVICES"):
                cls.SERVICES = (cls.RESOURCE_TYPE.service,)

    @classmethod
    def prepare(cls, cloud: Cloud) -> None:
        """Log in and read what the project has of this type already."""
        super().prepare(cloud)
        cls.RESOURCE_TYPE.take_snapshot(cloud)

    def act(self, task: Task) -> Result:
        """Obtain the object and finish it."""
        obtained = obtain(task, self)
        has_changed = self.finish(task, obtained)
        return {
            "changed": obtained.has_changed or has_changed,
            "id": obtained.new_id,
            "old_id": task.old_id,
        }

    def finish(self, task: Task, obtained: Obtained) -> bool:
        """Do what every run makes sure of; return whether anything was (or would be) changed."""
        return False

    def build_body(self, task: Task) -> Json:
        """Return the body of the creating request, without marker: the arguments by wire name."""
        body: Json = {}
        for name, value in task.arguments.items():
            wire_name = self.RENAMED.get(name, name)
            if name in _NOT_IN_BODY or not wire_name:
                continue
            if value is not None or name in self.NULLABLE:
                body[wire_name] = value
        return body

    def fetch(self, task: Task, new_id: str) -> Json | None:
        """Return the object of that id, from the snapshot if it is in there."""
        for item in task.cloud.snapshots.get(self.RESOURCE_TYPE.name, ()):
            if item.get("id") == new_id:
                return item
        return None if is_placeholder(new_id) else self.RESOURCE_TYPE.fetch(task.cloud, new_id)

    def find(self, task: Task, is_fresh: bool = False) -> Json | None:
        """Return the object with this resource's marker; raises TaskError if there are two."""
        marker = make_marker(task.old_id)
        found = self.RESOURCE_TYPE.find_marked(task.cloud, marker, is_fresh)
        if len(found) > 1:
            ids = ", ".join(sorted(str(item["id"]) for item in found))
            raise TaskError(
                "look-up",
                f"{len(found)} objects carry the marker {marker}: {ids}",
                f"Put the one to use into {FILE_NAME}.",
            )
        return found[0] if found else None

    def create(self, task: Task) -> Json:
        """Create the object with its marker."""
        place = self.RESOURCE_TYPE.marker_place
        body = self.build_body(task)
        if place is not None:
            tags = task.arguments.get("tags") or []
            place.mark_body(task.cloud, body, make_marker(task.old_id), tags)
        # From here on what was read before the fork is out of date for this type.
        task.cloud.snapshots.pop(self.RESOURCE_TYPE.name, None)
        return self.RESOURCE_TYPE.create(task.cloud, body)

    def settle(self, task: Task, found: Json) -> Json:
        """Give a new object its tags and its name, where the creating request could not."""
        place = self.RESOURCE_TYPE.marker_place
        if place is None:
            return found
        wanted = Wanted(make_marker(task.old_id), task.name, task.arguments.get("tags") or [])
        return place.settle(task.cloud, self.RESOURCE_TYPE.path, found, wanted)

    def is_recorded(self, task: Task) -> bool:
        """Whether the object gets a row in uuids.csv."""
        return True

    def is_ours(self, task: Task, found: Json) -> bool:
        """Whether downpour made the object: only then may anything about it be changed."""
        place = self.RESOURCE_TYPE.marker_place
        return place is not None and place.is_marked(found, make_marker(task.old_id))
