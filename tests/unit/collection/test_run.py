"""A task from its arguments to its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import ApiError, TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import (
    Module,
    Operation,
    Result,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.run import run_module
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES

from tests.unit.collection.recorder import PROJECT, Recorder

OLD_ID = "0a1b"
WEB = {"old_id": OLD_ID, "name": "web"}
MARKER = f"downpour:{OLD_ID}"


def run(
    module: Module, given: Mapping[str, Any], cloud: Recorder, directory: Path, **options: Any
) -> Result:
    """Run a task against the prepared cloud."""
    return run_module(
        module,
        given,
        open_cloud=lambda name: cloud,
        directory=directory,
        announce=lambda text: None,
        **options,
    )


def declare(work: Callable[[Task], Result], *arguments: Argument) -> Operation:
    """Return a module that does this work."""
    return Operation(
        name="thing", services=("network",), arguments=arguments, example="", work=work
    )


def test_a_network_is_made_marked_named_and_recorded(tmp_path: Path) -> None:
    """It is looked for first; it is born with the marker, and gets its name when it has tags."""
    tags = ["green", MARKER]
    born = {"id": "n", "name": MARKER, "tags": []}
    cloud = Recorder(
        {
            "GET /networks": {"networks": []},
            "POST /networks": {"network": born},
            "PUT /networks/n/tags": {"tags": tags},
            "PUT /networks/n": {"network": {**born, "name": "web", "tags": tags}},
        }
    )
    given = {**WEB, "mtu": "1400", "description": None, "tags": ["green"]}
    result = run(MODULES["network"], given, cloud, tmp_path)
    assert result == {"changed": True, "id": "n", "old_id": OLD_ID}
    assert cloud.list_writes() == [
        ("POST /networks", {"network": {"name": MARKER, "mtu": 1400}}),
        ("PUT /networks/n/tags", {"tags": tags}),
        ("PUT /networks/n", {"network": {"name": "web"}}),
    ]
    assert cloud.sent[:2] == [
        ("GET /networks", {"tags": MARKER, "project_id": PROJECT}),
        ("GET /networks", {"name": MARKER, "project_id": PROJECT}),
    ]
    assert '"network","web","0a1b","n"' in (tmp_path / "uuids.csv").read_text()


def test_check_mode_only_reads(tmp_path: Path) -> None:
    """It tells that something would be made."""
    cloud = Recorder({"GET /networks": {"networks": []}})
    result = run(MODULES["network"], WEB, cloud, tmp_path, is_check_mode=True)
    assert result == {"changed": True, "id": "(new network 0a1b)", "old_id": OLD_ID}
    assert not cloud.list_writes()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("module_name", "given", "label"),
    [
        ("network", WEB, 'network "web" (0a1b): '),
        ("image", {**WEB, "owner": "server"}, 'root disk of server "web" (0a1b): '),
        ("image", WEB, 'image "web" (0a1b): '),
        ("security_group_rules", WEB, 'security group "web" (0a1b): '),
        ("servers_ready", {}, "servers: "),
        ("destination", {"flavors": 1}, "destination.yml: "),
        ("keypair", {"name": "a\x1bb"}, 'keypair "a\\x1bb": '),
    ],
)
def test_a_failure_says_what_it_is_about(
    module_name: str, given: dict[str, Any], label: str, tmp_path: Path
) -> None:
    """Type, name and old id, as far as the task has them; nothing was asked of the cloud."""
    cloud = Recorder({})
    result = run(MODULES[module_name], {**given, "colour": "red"}, cloud, tmp_path)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].startswith(label)
    assert "'colour' is unknown" in result["msg"]
    assert cloud.sent == []


def test_a_refusal_is_a_message(tmp_path: Path) -> None:
    """What the cloud says is told on one line, with the resource."""
    refusal = ApiError("POST /networks", "over quota\n(HTTP 409)", "Ask for more.", 409)
    cloud = Recorder({"GET /networks": {"networks": []}, "POST /networks": refusal})
    result = run(MODULES["network"], WEB, cloud, tmp_path)
    assert result["failed"]
    assert result["msg"] == (
        'network "web" (0a1b): POST /networks: over quota\\n(HTTP 409). Ask for more.'
    )


def test_a_cloud_that_cannot_be_opened_is_a_message(tmp_path: Path) -> None:
    """The name of the cloud is the task's."""
    opened: list[str | None] = []

    def refuse(name: str | None) -> Recorder:
        opened.append(name)
        raise TaskError("cloud", "not found")

    for given in ({"cloud": "there"}, {"cloud": ""}, {}):
        result = run_module(
            MODULES["network"],
            {**WEB, **given},
            open_cloud=refuse,
            directory=tmp_path,
            announce=lambda text: None,
        )
        assert result["msg"] == 'network "web" (0a1b): cloud: not found.'
    assert opened == ["there", None, None]


def test_arguments_are_not_for_writing(tmp_path: Path) -> None:
    """What one step has for another it passes on; the arguments stay what was validated."""

    def write(task: Task) -> Result:
        arguments: Any = task.arguments
        arguments["x"] = "changed"
        return {}

    module = declare(write, Argument("x", "Text.", default="as it was"))
    with pytest.raises(TypeError):
        run(module, {}, Recorder({}), tmp_path)


def test_defaults_are_not_shared(tmp_path: Path) -> None:
    """What a task does with a list of its own is nothing to the next one."""
    seen: list[Any] = []

    def extend(task: Task) -> Result:
        seen.append(list(task.arguments["x"]))
        task.arguments["x"].append("more")
        return {}

    module = declare(extend, Argument("x", "Texts.", "list", "str", default=["one"]))
    for _ in range(2):
        run(module, {}, Recorder({}), tmp_path)
    assert seen == [["one"], ["one"]]


def test_warnings_are_shown_on_one_line(tmp_path: Path) -> None:
    """Also those of a task that succeeded."""

    def warn(task: Task) -> Result:
        task.warnings.append("two\nlines")
        return {"changed": True}

    result = run(declare(warn), {}, Recorder({}), tmp_path)
    assert result == {"changed": True, "warnings": ["two\\nlines"]}
