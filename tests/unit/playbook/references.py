"""What the tasks of a playbook define and use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

_USE = re.compile(r"\{\{ (\w+)\.(?:id|\w+\.\w+) \}\}")


class PlaybookLoader(yaml.SafeLoader):
    """Reads a playbook without Ansible, and ``!unsafe`` text as something that uses nothing."""


PlaybookLoader.add_constructor("!unsafe", lambda loader, node: node.value.replace("{", "("))


def read_tasks(files: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the tasks of all task files in the order in which the playbook imports them."""
    playbook = yaml.load(files["playbook.yml"], PlaybookLoader)
    imports = [
        task["ansible.builtin.import_tasks"]
        for task in playbook[0]["tasks"]
        if "ansible.builtin.import_tasks" in task
    ]
    assert set(imports) == {path for path in files if path.startswith("tasks/")}
    return [task for path in imports for task in yaml.load(files[path], PlaybookLoader)]


def find_uses(value: Any) -> Iterator[str]:
    """Yield the variables that a task's arguments refer to."""
    if isinstance(value, str):
        yield from _USE.findall(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from find_uses(item)
    elif isinstance(value, list):
        for item in value:
            yield from find_uses(item)


def check_order(files: Mapping[str, str]) -> int:
    """Check that every task uses only what an earlier one registered; return how many uses."""
    known, count = {"destination"}, 0
    for task in read_tasks(files):
        for name in find_uses({key: value for key, value in task.items() if key != "name"}):
            assert name in known, f"{task['name']} uses {name} too early"
            count += 1
        if "register" in task:
            assert task["register"] not in known, f"{task['register']} is registered twice"
            known.add(task["register"])
    return count
