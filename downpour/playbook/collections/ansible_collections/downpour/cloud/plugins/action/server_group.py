"""Runs what plugin_utils/types declares; written from there."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import ImportAction
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES


class ActionModule(ImportAction):
    """Creates a server group."""

    MODULE = MODULES["server_group"]
