"""From a plan to the text of the bundle's files; pure. Everything is decided: this only prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jinja2

from downpour.bundle.layout import DESTINATION, FILES, PLAYBOOK, TASKS
from downpour.collection import COLLECTIONS, SECTIONS
from downpour.plan import Plan
from downpour.playbook.names import choose_names
from downpour.playbook.quoting import Template, format_block, format_value
from downpour.resources.model import (
    DataFile,
    DestinationValue,
    Key,
    Reference,
    Resource,
    SavedFile,
    Task,
    WrittenFile,
)
from downpour.text import printable

_SECTIONS = {section.name: section for section in SECTIONS}
_LONGEST_TITLE = 60
_LONGEST_LINE = 160  # ansible-lint's rule


def choose_variables(resources: Iterable[Resource]) -> dict[Key, str]:
    """Return the playbook's variable for each resource."""
    labelled: dict[str, list[tuple[str, str]]] = {}
    for resource in resources:
        labelled.setdefault(resource.type, []).append((resource.id, resource.name))
    return {
        (type_name, source_id): variable
        for type_name, labels in labelled.items()
        for source_id, variable in choose_names(_name_prefix(type_name), labels).items()
    }


def _name_prefix(type_name: str) -> str:
    return type_name.replace(" ", "_")


def render_playbook(plan: Plan, saved: Mapping[Key, DataFile]) -> dict[str, str]:
    """Return the text of the playbook's files, and of those it reads, by their path in the bundle.

    ``saved`` are the files that the bytes of the plan's captures became.
    """
    return _Renderer(plan, saved).render()


class _Renderer:
    def __init__(self, plan: Plan, saved: Mapping[Key, DataFile]) -> None:
        self.plan = plan
        self.saved = saved
        self.variables = choose_variables(plan.resources)
        self.choices = _collect_choices(plan.tasks)
        self.keys = _choose_keys(self.choices)
        self.small_files: dict[str, str] = {}
        self.environment = jinja2.Environment(  # not HTML
            loader=jinja2.PackageLoader("downpour.playbook"),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701  # YAML is quoted by these filters, value by value
        )
        self.environment.filters.update(
            block=format_block, scalar=format_value, printable=printable
        )

    def render(self) -> dict[str, str]:
        tasks: dict[str, list[dict[str, Any]]] = {}
        for task in self.plan.tasks:
            tasks.setdefault(task.file, []).append(self.print_task(task))
        files = {
            f"{TASKS}/{name}.yml": self.fill(
                "tasks.yml.j2", heading=name.replace("_", " "), tasks=tasks[name]
            )
            for name in tasks
        }
        sections = [
            {
                "name": name,
                "comment": section.comment,
                "choices": [
                    (self.keys[name, source], self.choices[name][source])
                    for source in sorted(self.choices[name])
                ],
            }
            for name, section in _SECTIONS.items()
        ]
        files[DESTINATION] = self.fill("destination.yml.j2", sections=sections)
        files[PLAYBOOK] = self.fill("playbook.yml.j2", names=list(tasks), sections=list(_SECTIONS))
        for name in ("ansible.cfg", "inventory.yml", "requirements.txt"):
            files[name] = self.fill(f"{name}.j2")
        return files | self.small_files

    def fill(self, template: str, **values: Any) -> str:
        text = self.environment.get_template(template).render(values)
        if any(len(line) > _LONGEST_LINE for line in text.split("\n")):
            # A name from the cloud that has no blanks cannot be broken.
            text = text.replace("---\n", "---\n# yamllint disable rule:line-length\n", 1)
        return text

    def print_task(self, task: Task) -> dict[str, Any]:
        return {
            "title": _make_title(task),
            "module": f"downpour.cloud.{task.module}",
            "arguments": self.resolve(task.arguments),
            "variable": self.name_variable(task.creates) if task.creates else "",
        }

    def name_variable(self, reference: Reference) -> str:
        variable = self.variables[reference.key]
        if not reference.part:
            return variable
        return reference.part + variable.removeprefix(_name_prefix(reference.type))

    def resolve(self, value: Any) -> Any:
        """Replace the placeholders, at any depth, by what is known now or by templates."""
        match value:
            case Reference():
                return Template("{{ " + self.name_variable(value) + ".id }}")
            case DestinationValue():
                key = self.keys[value.section, value.source]
                return Template("{{ destination." + value.section + "." + key + " }}")
            case SavedFile():
                return self.resolve(self.read_fact(value))
            case WrittenFile():
                path = f"{FILES}/{self.variables[value.key]}.{value.suffix}"
                self.small_files[path] = value.content
                return path
            case Mapping():
                return {key: self.resolve(item) for key, item in value.items()}
            case list():
                return [self.resolve(item) for item in value]
        return value

    def read_fact(self, placeholder: SavedFile) -> Any:
        """Return a fact about saved bytes; ids of other resources in it become references."""
        fact = getattr(self.saved[placeholder.key], placeholder.fact)
        if not placeholder.references:
            return fact
        linked = dict(fact)
        for name, type_name in placeholder.references:
            source_id = linked.pop(name, None)
            if (type_name, source_id) in self.variables:
                linked[name] = Reference(type_name, source_id)
        return {name: linked[name] for name in fact if name in linked}


def _make_title(task: Task) -> str:
    """Return a task's name without a sign of a template: not all of Ansible heeds the tag."""
    if task.subject is None:
        return task.what
    name, source_id = task.subject.name, task.subject.id
    label = "".join("_" if mark in "{}%#" else mark for mark in printable(name))
    if len(label) > _LONGEST_TITLE:
        label = label[: _LONGEST_TITLE - 1] + "…"
    suffix = "" if source_id == name else f" ({source_id[:8]})"
    return f"{task.what} {label}{suffix}" if label else f"{task.what}{suffix}"


def _collect_choices(tasks: Iterable[Task]) -> dict[str, dict[str, DestinationValue]]:
    """Return all choices of the tasks by section and source."""
    choices: dict[str, dict[str, DestinationValue]] = {name: {} for name in _SECTIONS}
    waiting: list[Any] = [task.arguments for task in reversed(tuple(tasks))]
    while waiting:
        value = waiting.pop()
        if isinstance(value, DestinationValue):
            choices[value.section].setdefault(value.source, value)
        elif isinstance(value, Mapping):
            waiting.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            waiting.extend(reversed(value))
    return choices


def _choose_keys(
    choices: Mapping[str, Mapping[str, DestinationValue]],
) -> dict[tuple[str, str], str]:
    """Return the key in ``destination.yml`` of each choice, by section and source."""
    return {
        (section, source): key
        for section, chosen in choices.items()
        for source, key in choose_names(
            _SECTIONS[section].prefix, [(source, choice.label) for source, choice in chosen.items()]
        ).items()
    }


def list_collection_files() -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every file of the collection, as it stands in a bundle."""
    for path in sorted(COLLECTIONS.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"collections/{path.relative_to(COLLECTIONS).as_posix()}", path.read_bytes()
