"""One task from its arguments to its result, without Ansible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.arguments import validate
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import RECORD_FILE
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.record import Record
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import (
    describe_resource,
    escape_controls,
)

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud


def run_module(
    module: Module,
    given: Mapping[str, Any],
    *,
    open_cloud: Callable[[str | None], Cloud],
    directory: Path,
    is_check_mode: bool = False,
    announce: Callable[[str], None],
) -> Result:
    """Run a task of the module; every expected failure becomes one clear message in the result.

    `given` are the task's arguments as they stand in the playbook, `directory` is where uuids.csv
    and the bundle's files are, `announce` tells the person something at once.
    """
    result: Result = {"changed": False}
    label = module.choose_label(given)
    warnings: list[str] = []
    try:
        arguments = validate(module, given)
        task = Task(
            type_name=module.name,
            # Nobody hands values on to another step by writing them in here.
            arguments=MappingProxyType(arguments),
            cloud=open_cloud(arguments.get("cloud") or None),
            record=Record(directory / RECORD_FILE),
            directory=directory,
            is_check_mode=is_check_mode,
            label=label,
            announce=announce,
            warnings=warnings,
        )
        result.update(module.act(task))
    except TaskError as failure:
        if "name" in given:
            name, old_id = (str(given.get(key) or "") for key in ("name", "old_id"))
            label = describe_resource(label, name, old_id)
        result.update(failed=True, msg=f"{label}: {escape_controls(str(failure))}")
    if warnings:
        result["warnings"] = [escape_controls(text) for text in warnings]
    return result
