"""Import the SDK and log in once, in the process that all tasks are forked from."""

from __future__ import annotations

DOCUMENTATION = r"""
name: preload
type: aggregate
short_description: imports openstacksdk and logs in once for all tasks
version_added: 1.0.0
author: The downpour authors
description:
  - Ansible runs each task in a process of its own. Without this callback each of them imports
    C(openstacksdk), logs in, finds the services' addresses and looks for its resource by itself.
  - With it the parent does so once, and the tasks inherit the token, the addresses, and one listing
    of what the project has already of each type.
  - It never fails a play. If it cannot log in it says nothing, and the first task reports why.
requirements:
  - enabled in C(ansible.cfg) (C(callbacks_enabled=downpour.cloud.preload))
  - the variable C(cloud) of the play, as for the tasks
"""

from importlib import import_module
from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud, open_cloud
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module

_COLLECTION = "downpour.cloud."
_ACTIONS = "ansible_collections.downpour.cloud.plugins.action."


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible has no types
    """Prepares each kind of task in the parent, the first time that the play comes to it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "downpour.cloud.preload"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cloud_name: str | None = None
        self._is_usable = False
        self._prepared: set[str] = set()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Learn which cloud the play is for."""
        name = play.get_variable_manager().get_vars(play=play).get("cloud")
        # A template is left to the tasks, which evaluate it.
        self._is_usable = not name or (isinstance(name, str) and "{{" not in name)
        self._cloud_name = str(name) if name else None
        self._prepared.clear()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Prepare the kind of task that comes next, and renew the token before it expires."""
        action = str(task.resolved_action or task.action)
        if not self._is_usable or not action.startswith(_COLLECTION):
            return
        name = action.removeprefix(_COLLECTION)
        try:
            cloud = open_cloud(self._cloud_name)
            module: Module = import_module(_ACTIONS + name).ActionModule.MODULE
            if name in self._prepared:
                cloud.log_in(module.services)
            else:
                module.prepare(cloud)
                self._prepared.add(name)
            cloud.close_sockets()
        except (TaskError, ImportError):
            self._is_usable = False

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Forget what was read before: the failed task may have created something."""
        if self._is_usable:
            self._forget_known(open_cloud(self._cloud_name))

    def _forget_known(self, cloud: Cloud) -> None:
        cloud.known.clear()
        self._prepared.clear()
