"""The one door to the collection: its declarations, from which the exporter's own follow.

They are those of the very files that a bundle carries to its destination, and need no Ansible.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path

COLLECTIONS = Path(__file__).resolve().parent / "playbook" / "collections"
_NAMESPACE = "ansible_collections"


def _find_namespace() -> types.ModuleType:
    """Return Ansible's package of collections, or what stands for it where there is no Ansible."""
    try:
        return importlib.import_module(_NAMESPACE)
    except ModuleNotFoundError:
        return sys.modules.setdefault(_NAMESPACE, types.ModuleType(_NAMESPACE))


# Before all others: another version of it may be installed.
_namespace = _find_namespace()
_namespace.__path__ = [str(COLLECTIONS / _NAMESPACE), *getattr(_namespace, "__path__", ())]

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (  # noqa: E402
    UNSET,
    Argument,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import (  # noqa: E402
    AUTOMATIC_ADDRESS_MODES,
    DEFAULT_GROUP,
    INTERFACE_OWNERS,
    INTERNAL_VOLUME_METADATA,
    MARKER_KEY,
    RECORD_FILE,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import (  # noqa: E402
    ResourceType as Declaration,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.section import Section  # noqa: E402
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import (  # noqa: E402
    RESOURCE_TYPES as DECLARATIONS,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import SECTIONS  # noqa: E402
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.security_group_rules import (  # noqa: E402
    RULE as RULE_ARGUMENTS,
)

__all__ = [
    "AUTOMATIC_ADDRESS_MODES",
    "COLLECTIONS",
    "DECLARATIONS",
    "DEFAULT_GROUP",
    "INTERFACE_OWNERS",
    "INTERNAL_VOLUME_METADATA",
    "MARKER_KEY",
    "RECORD_FILE",
    "RULE_ARGUMENTS",
    "SECTIONS",
    "UNSET",
    "Argument",
    "Declaration",
    "Section",
]
