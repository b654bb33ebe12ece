"""A bundle written by hand, to run single tasks of the collection against a real cloud."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import shutil
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from demo.sandbox.disks import Disk
from demo.sandbox.projects import Project
from tests.integration.api import Api, make_public_key

COLLECTIONS = Path(__file__).parents[3] / "downpour" / "playbook" / "collections"
Task = dict[str, Any]

_CONFIGURATION = """\
[defaults]
collections_path = ./collections
inventory = inventory.yml
callbacks_enabled = downpour.cloud.preload
"""
_INVENTORY = """\
all:
  hosts:
    localhost:
      ansible_connection: local
      ansible_python_interpreter: "{{ ansible_playbook_python }}"
"""


class Dumper(yaml.SafeDumper):
    """Writes text with Jinja marks so that Ansible leaves it alone, unless it is a reference."""


class Reference(str):
    """An expression that Ansible is to evaluate."""

    __slots__ = ()


def represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Tag what Ansible would take for a template."""
    tag = "!unsafe" if re.search(r"{[{%#]", text) else "tag:yaml.org,2002:str"
    return dumper.represent_scalar(tag, text, style='"')


def represent_reference(dumper: yaml.SafeDumper, text: Reference) -> yaml.Node:
    """Write the expression as a template."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", f"{{{{ {text} }}}}", style='"')


Dumper.add_representer(str, represent_text)
Dumper.add_representer(Reference, represent_reference)


def make_old_id(label: str) -> str:
    """Return an id as a source cloud would have given it; the same for the same label."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, label))


def make_task(kind: str, label: str, **arguments: Any) -> Task:
    """Return a task that creates a resource; its result is registered under the label."""
    common = {"old_id": make_old_id(label), "name": label}
    return {"kind": kind, "arguments": common | arguments, "register": label}


def refer(label: str) -> Reference:
    """Return the new id of what the task of this label made."""
    return Reference(f"{label}.id")


@dataclass(frozen=True)
class Run:
    """One run of the playbook."""

    status: int
    output: str

    @property
    def changed(self) -> int:
        """How many tasks changed something."""
        return int(re.findall(r"changed=(\d+)", self.output)[-1])

    def expect_success(self) -> Run:
        """Return this run; fail with its output if it failed."""
        assert self.status == 0, self.output
        return self

    def expect_failure(self, *said: str) -> str:
        """Return the output of a run that failed, with these texts and without a traceback."""
        assert self.status == 2, self.output
        assert "Traceback" not in self.output
        assert "\x1b" not in self.output
        # ansible-core before 2.19 shows messages only as JSON.
        joined = " ".join(self.output.split()).replace('\\"', '"').replace("\\\\", "\\")
        for text in said:
            assert text in joined, self.output
        return joined


class Bundle:
    """A directory with a playbook, beside which uuids.csv appears."""

    def __init__(self, directory: Path, destination: Project):
        self.directory = directory
        self.destination = destination
        shutil.copytree(COLLECTIONS, directory / "collections")
        (directory / "ansible.cfg").write_text(_CONFIGURATION)
        plain = "\n".join(_CONFIGURATION.splitlines()[:-1])
        (directory / "plain.cfg").write_text(plain)
        (directory / "inventory.yml").write_text(_INVENTORY)

    def write_tasks(self, *tasks: Task) -> None:
        """Write the playbook."""
        play = {
            "name": "Import",
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"cloud": "destination"},
            "module_defaults": {
                "group/downpour.cloud.openstack": {"cloud": Reference("cloud")},
            },
            "tasks": [
                {
                    "name": f"Task {number}",
                    f"downpour.cloud.{task['kind']}": task["arguments"],
                    "register": task.get("register", f"result_{number}"),
                }
                for number, task in enumerate(tasks)
            ],
        }
        text = yaml.dump([play], Dumper=Dumper, allow_unicode=True, sort_keys=False, width=1000)
        (self.directory / "playbook.yml").write_text(text, "utf-8")

    def run(
        self,
        *options: str,
        cwd: Path | None = None,
        is_preloaded: bool = True,
        **variables: str,
    ) -> Run:
        """Run the playbook as a person would, from the bundle's directory if no other is given.

        If it is not preloaded, the callback is left out.
        """
        if not is_preloaded:
            variables["ANSIBLE_CONFIG"] = str(self.directory / "plain.cfg")
        command = [
            str(Path(sys.executable).parent / "ansible-playbook"),
            str(self.directory / "playbook.yml"),
            *options,
        ]
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", **variables}
        done = subprocess.run(
            command,
            cwd=cwd or self.directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def import_tasks(self, *tasks: Task) -> Run:
        """Write the playbook, run it and expect it to succeed."""
        self.write_tasks(*tasks)
        return self.run().expect_success()

    @property
    def record(self) -> Path:
        """The file uuids.csv."""
        return self.directory / "uuids.csv"

    def read_rows(self) -> list[tuple[str, ...]]:
        """Return the rows of uuids.csv without its header."""
        with self.record.open(newline="", encoding="utf-8") as file:
            return [tuple(row) for row in csv.reader(file)][1:]

    def add_row(self, type_name: str, label: str, new_id: str) -> None:
        """Write a row as a person would."""
        with self.record.open("a") as file:
            file.write(f"{type_name}, by hand, {make_old_id(label)}, {new_id}\n")

    def get_new_id(self, label: str) -> str:
        """Return the new id of the resource of this label."""
        [found] = {
            row[3].strip() for row in self.read_rows() if row[2].strip() == make_old_id(label)
        }
        return found

    def make_disk(self, label: str, size_mib: int = 16, **pattern: int) -> dict[str, str]:
        """Make a qcow2 file with a pattern in it; return its arguments file and sha512."""
        raw, path = self.directory / f"{label}.raw", self.directory / f"{label}.qcow2"
        with raw.open("wb") as file:
            file.truncate(size_mib << 20)
        Disk(raw).write_pattern(label, **pattern)
        command = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(path)]
        subprocess.run(command, check=True)
        raw.unlink()
        digest = hashlib.sha512(path.read_bytes()).hexdigest()
        return {"file": path.name, "sha512": digest, "disk_format": "qcow2"}

    def make_key(self, name: str) -> str:
        """Write a public key; return its path in the bundle."""
        (self.directory / f"{name}.pub").write_text(make_public_key(name) + "\n")
        return f"{name}.pub"


def make_network_tasks() -> list[Task]:
    """Return a network with a subnet."""
    return [
        make_task("network", "net"),
        make_task("subnet", "subnet", network=refer("net"), ip_version=4, cidr="10.1.0.0/24"),
    ]


def make_port_task(label: str, **arguments: Any) -> Task:
    """Return a port on that network."""
    return make_task("port", label, **{"network": refer("net"), **arguments})


def make_volumes_ready(*entries: dict[str, Any]) -> Task:
    """Return the task that waits for volumes, each named by its label as `name`."""
    volumes = [
        {"id": refer(entry["name"]), "old_id": make_old_id(entry["name"]), **entry}
        for entry in entries
    ]
    return {"kind": "volumes_ready", "arguments": {"volumes": volumes}}


def make_servers_ready(*entries: dict[str, Any]) -> Task:
    """Return the task that waits for servers, each named by its label as `name`."""
    servers = [
        {"id": refer(entry["name"]), "old_id": make_old_id(entry["name"]), **entry}
        for entry in entries
    ]
    return {"kind": "servers_ready", "arguments": {"servers": servers}}


def make_image_task(label: str, disk: dict[str, str], **arguments: Any) -> Task:
    """Return an image of a file of the bundle."""
    return make_task("image", label, container_format="bare", **disk, **arguments)


def make_destination_task(**sections: Any) -> Task:
    """Return the task that reads destination.yml."""
    return {"kind": "destination", "arguments": sections, "register": "destination"}


def find_flavor(api: Api, name: str = "m1.tiny") -> str:
    """Return a flavor's id."""
    flavors = api.send("server", "GET", "/flavors")["flavors"]
    return next(str(flavor["id"]) for flavor in flavors if flavor["name"] == name)
