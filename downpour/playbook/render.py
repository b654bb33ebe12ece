"""From the contents of a bundle to the text of its files; pure."""

from __future__ import annotations

import dataclasses
import importlib.resources
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2

from downpour.bundle.contents import Contents
from downpour.bundle.layout import DESTINATION, PLAYBOOK, TASKS
from downpour.plan import Plan
from downpour.playbook.names import choose_names
from downpour.playbook.quoting import Template, format_block, format_value
from downpour.resources.image import link_other_images
from downpour.resources.model import DestinationValue, Key, Reference, Resource
from downpour.resources.security_group import build_rules
from downpour.resources.server import build_readiness
from downpour.resources.volume import build_volume_settings
from downpour.text import printable


@dataclasses.dataclass(frozen=True)
class Section:
    """A section of ``destination.yml``; ``prefix`` begins each of its keys."""

    prefix: str
    comment: str


SECTIONS = {
    "flavors": Section("flavor", "Flavors, by their name in the source"),
    "networks": Section(
        "network", "Networks that are not carried: external ones, and those of other projects"
    ),
    "images": Section(
        "image", "Images: a name or id to use one that is there already, null to upload"
    ),
    "volume_types": Section("volume_type", "Volume types; null: the destination's own default"),
    "availability_zones": Section("zone", "Availability zones of servers and volumes; null: any"),
}
_LONGEST_TITLE = 60
_LONGEST_LINE = 160  # ansible-lint's rule


@dataclasses.dataclass(frozen=True)
class Task:
    """One task: ``arguments`` as Ansible shall see them."""

    title: str
    module: str
    arguments: Mapping[str, Any]
    variable: str = ""


def choose_variables(plan: Plan) -> dict[Key, str]:
    """Return the playbook's variable for each resource of a plan."""
    variables: dict[Key, str] = {}
    for type_name in plan.inventory.types:
        labelled = [(item.id, item.name) for item in plan.resources if item.type == type_name]
        for source_id, name in choose_names(type_name.replace(" ", "_"), labelled).items():
            variables[type_name, source_id] = name
    return variables


def render_playbook(contents: Contents) -> dict[str, str]:
    """Return the text of the playbook's files by their path in the bundle."""
    return _Renderer(contents).render()


class _Renderer:
    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.choices: dict[str, dict[str, DestinationValue]] = {name: {} for name in SECTIONS}
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
        tasks = self.build_tasks()
        keys = self.choose_keys()
        files = {
            f"{TASKS}/{name}.yml": self.fill(
                "tasks.yml.j2",
                heading=name.replace("_", " "),
                tasks=[
                    dataclasses.replace(task, arguments=self.resolve(task.arguments, keys))
                    for task in tasks[name]
                ],
            )
            for name in tasks
        }
        sections = [
            {
                "name": name,
                "comment": section.comment,
                "choices": [
                    (keys[name, source], self.choices[name][source])
                    for source in sorted(self.choices[name])
                ],
            }
            for name, section in SECTIONS.items()
        ]
        files[DESTINATION] = self.fill("destination.yml.j2", sections=sections)
        files[PLAYBOOK] = self.fill("playbook.yml.j2", names=list(tasks), sections=list(SECTIONS))
        for name in ("ansible.cfg", "inventory.yml", "requirements.txt"):
            files[name] = self.fill(f"{name}.j2")
        return files

    def fill(self, template: str, **values: Any) -> str:
        text = self.environment.get_template(template).render(values)
        if any(len(line) > _LONGEST_LINE for line in text.split("\n")):
            # A name from the cloud that has no blanks cannot be broken.
            text = text.replace("---\n", "---\n# yamllint disable rule:line-length\n", 1)
        return text

    def build_tasks(self) -> dict[str, list[Task]]:
        """Return the tasks by the name of their file, in the order of execution."""
        tasks: dict[str, list[Task]] = {}
        for type_name, resource_type in self.contents.inventory.types.items():
            resources = [item for item in self.contents.plan.resources if item.type == type_name]
            created = [self.build_creation(resource) for resource in resources]
            if type_name == "image":
                created.extend(self.build_root_disks())
            created.extend(self.build_completion(type_name, resources))
            if created:
                tasks[resource_type.task_file] = created
        return tasks

    def build_creation(self, resource: Resource) -> Task:
        resource_type = self.contents.inventory.types[resource.type]
        arguments = resource_type.build_arguments(resource, self.contents)
        if resource.type == "image":
            arguments["use"] = DestinationValue(
                "images",
                resource.id,
                resource.name,
                f"{resource['disk_format']}, {resource['size']} bytes",
            )
        return Task(
            self.title(resource.type.capitalize(), resource),
            f"downpour.cloud.{resource_type.module}",
            arguments,
            self.contents.variables[resource.key],
        )

    def build_root_disks(self) -> Iterator[Task]:
        """Yield the uploads of what servers that boot from an image had on their root disks."""
        for server in self.contents.plan.resources:
            data = self.contents.data_for(server)
            if server.type == "server" and data is not None:
                arguments: dict[str, Any] = {
                    "old_id": server.id,
                    "owner": "server",
                    "recorded": False,
                    "name": server.name,
                    "file": data.path,
                    "sha512": data.sha512,
                    "disk_format": data.disk_format,
                    "container_format": data.container_format,
                    "min_disk": data.min_disk_gib,
                    "min_ram": data.min_ram_mib,
                    "properties": link_other_images(data.properties, self.contents),
                }
                yield Task(
                    self.title("Root disk of server", server),
                    "downpour.cloud.image",
                    arguments,
                    self.name_variable(Reference("root disk", server.id)),
                )

    def build_completion(self, type_name: str, resources: list[Resource]) -> Iterator[Task]:
        """Yield the tasks that come once all resources of a type exist."""
        if type_name == "security group":
            for group in resources:
                arguments = build_rules(group, self.contents)
                title = self.title("Rules of security group", group)
                yield Task(title, "downpour.cloud.security_group_rules", arguments)
        elif type_name == "volume" and resources:
            settings = [build_volume_settings(volume) for volume in resources]
            yield Task(
                "Wait for the volumes", "downpour.cloud.volumes_ready", {"volumes": settings}
            )
        elif type_name == "server" and resources:
            servers = [build_readiness(server) for server in resources]
            yield Task("Wait for the servers", "downpour.cloud.servers_ready", {"servers": servers})

    @staticmethod
    def title(what: str, resource: Resource) -> str:
        """Return a task's name without a sign of a template: not all of Ansible heeds the tag."""
        label = "".join("_" if mark in "{}%#" else mark for mark in printable(resource.name))
        if len(label) > _LONGEST_TITLE:
            label = label[: _LONGEST_TITLE - 1] + "…"
        suffix = "" if resource.type == "keypair" else f" ({resource.id[:8]})"
        return f"{what} {label}{suffix}" if label else f"{what}{suffix}"

    def name_variable(self, reference: Reference) -> str:
        if reference.type == "root disk":
            server = self.contents.variables["server", reference.id]
            return "root_disk_" + server.removeprefix("server_")
        return self.contents.variables[reference.key]

    def choose_keys(self) -> dict[tuple[str, str], str]:
        """Return the key in ``destination.yml`` of each choice, by section and source."""
        tasks = [task for group in self.build_tasks().values() for task in group]
        for task in tasks:
            self.collect_choices(task.arguments)
        return {
            (section, source): key
            for section, choices in self.choices.items()
            for source, key in choose_names(
                SECTIONS[section].prefix,
                [(source, choice.label) for source, choice in choices.items()],
            ).items()
        }

    def collect_choices(self, value: Any) -> None:
        if isinstance(value, DestinationValue):
            self.choices[value.section].setdefault(value.source, value)
        elif isinstance(value, Mapping):
            for item in value.values():
                self.collect_choices(item)
        elif isinstance(value, list):
            for item in value:
                self.collect_choices(item)

    def resolve(self, value: Any, keys: Mapping[tuple[str, str], str]) -> Any:
        """Replace references by templates of the playbook's own."""
        if isinstance(value, Reference):
            return Template("{{ " + self.name_variable(value) + ".id }}")
        if isinstance(value, DestinationValue):
            key = keys[value.section, value.source]
            return Template("{{ destination." + value.section + "." + key + " }}")
        if isinstance(value, Mapping):
            return {key: self.resolve(item, keys) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item, keys) for item in value]
        return value


def list_collection_files() -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every file of the collection, as it stands in a bundle."""
    with importlib.resources.as_file(
        importlib.resources.files("downpour.playbook") / "collections"
    ) as root:
        for path in sorted(Path(root).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield f"collections/{path.relative_to(root).as_posix()}", path.read_bytes()
