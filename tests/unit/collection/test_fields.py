"""The exporter's fields and the collection's arguments say the same of the same attribute."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import UNSET, Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.security_group_rules import RULE

from downpour.resources import RESOURCE_TYPES
from downpour.resources.model import Field
from downpour.resources.port import _OWNER_ONLY

FIELDS = [
    *((item.module, field) for item in RESOURCE_TYPES.values() for field in item.fields),
    *(("port", field) for field in _OWNER_ONLY),
]


def list_arguments(module_name: str) -> tuple[Argument, ...]:
    """Return the arguments of a module; the rules have none of their own."""
    return MODULES[module_name].all_arguments if module_name else RULE


@pytest.mark.parametrize(("module_name", "field"), FIELDS, ids=str)
def test_every_field_is_an_argument(module_name: str, field: Field) -> None:
    """The same name in a task, the same name in the API, the same value when it is left out."""
    name = field.argument or field.name
    [argument] = [item for item in list_arguments(module_name) if item.name == name]
    assert argument.wire_name == field.name
    assert argument.is_null_kept == field.is_null_kept
    without_default: Any = Field("x").default
    assert argument.implied == (UNSET if field.default is without_default else field.default)
