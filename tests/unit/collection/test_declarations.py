"""What the declarations promise, of each type and of each argument."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils import types
from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import UNSET, Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NoMarker
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module
from ansible_collections.downpour.cloud.plugins.plugin_utils.reading import is_readable
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import (
    MODULES,
    RESOURCE_TYPES,
    SECTIONS,
)

from downpour.playbook.render import SECTIONS as RENDERED_SECTIONS

COLLECTIONS = Path(types.__file__).parents[6]
EVERY_MODULE = pytest.mark.parametrize("module", MODULES.values(), ids=lambda module: module.name)


def walk_arguments(arguments: tuple[Argument, ...]) -> Iterator[Argument]:
    """Yield arguments and, after each, the keys of its mappings."""
    for argument in arguments:
        yield argument
        yield from walk_arguments(argument.options)


@EVERY_MODULE
def test_every_argument_is_readable_or_says_why_not(module: Module) -> None:
    """Nothing that a task asks for is left out of a comparison in silence."""
    for argument in module.list_arguments():
        assert is_readable(module, argument) != bool(argument.unreadable), argument.name
    assert set(module.readers) <= {argument.name for argument in module.arguments}


@EVERY_MODULE
def test_arguments_are_declared_soundly(module: Module) -> None:
    """A misspelt type would refer to nothing, and a list needs to say what is in it."""
    for argument in walk_arguments(module.all_arguments):
        assert argument.refers_to in {"", *RESOURCE_TYPES}, argument.name
        assert (argument.kind == "list") == (argument.elements is not None), argument.name
        assert not (argument.is_required and argument.default is not UNSET), argument.name
        assert "{" not in argument.description, argument.name
    names = [argument.name for argument in module.all_arguments]
    assert len(set(names)) == len(names)
    assert module.services


@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_every_type_is_known_by_its_name(name: str) -> None:
    """The tables agree, and a type without a marker says what prevents a twin."""
    resource_type = RESOURCE_TYPES[name]
    assert resource_type.name == name
    assert MODULES[resource_type.module_name] is resource_type
    names = [argument.name for argument in resource_type.list_arguments()]
    assert names[:3] == ["cloud", "old_id", "name"]
    if isinstance(resource_type.marker, NoMarker):
        assert resource_type.marker.reason.endswith(".")


def test_the_order_is_that_of_creation() -> None:
    """No type refers to one that is created later."""
    order = list(RESOURCE_TYPES)
    for position, name in enumerate(order):
        for argument in walk_arguments(RESOURCE_TYPES[name].arguments):
            if argument.refers_to:
                assert order.index(argument.refers_to) < position, (name, argument.name)


def test_sections_are_those_of_destination_yml() -> None:
    """What the exporter writes and what the far end reads have the same order and words."""
    declared = [(section.name, section.prefix, section.comment) for section in SECTIONS]
    assert declared == [
        (name, section.prefix, section.comment) for name, section in RENDERED_SECTIONS.items()
    ]
    assert [argument.name for argument in MODULES["destination"].arguments] == [
        section.name for section in SECTIONS
    ]


def test_declarations_need_neither_ansible_nor_the_sdk() -> None:
    """The exporter may import them; it does not depend on Ansible, and starts quickly."""
    program = (
        "import sys\n"
        "import ansible_collections.downpour.cloud.plugins.plugin_utils.types\n"
        "import ansible_collections.downpour.cloud.plugins.plugin_utils.reading\n"
        "import ansible_collections.downpour.cloud.plugins.plugin_utils.run\n"
        "heavy = ('ansible', 'openstack', 'keystoneauth1', 'requests', 'yaml')\n"
        "print(*sorted(set(heavy) & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(COLLECTIONS)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == []
