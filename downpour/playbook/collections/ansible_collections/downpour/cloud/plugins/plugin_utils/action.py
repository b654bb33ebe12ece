"""What all action plugins of the collection are: Ansible's way to run a declared module."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import open_cloud
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.run import run_module


class ImportAction(ActionBase):  # type: ignore[misc]  # ansible has no types
    """A task of the import."""

    _supports_check_mode = True
    _requires_connection = False
    TRANSFERS_FILES = False

    MODULE: ClassVar[Module]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Run the task; every expected failure becomes one clear message."""
        result: Result = super().run(tmp, task_vars)
        return result | run_module(
            self.MODULE,
            self._task.args,
            open_cloud=open_cloud,
            directory=Path((task_vars or {}).get("playbook_dir") or "."),
            is_check_mode=bool(self._task.check_mode),
            announce=self._display.warning,
        )
