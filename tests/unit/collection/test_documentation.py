"""What the collection documents is what it does."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.downpour.cloud.plugins.plugin_utils.arguments import (
    load_options,
    validate_arguments,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES

PACKAGE = "ansible_collections.downpour.cloud.plugins"
PLUGINS = Path(import_module(f"{PACKAGE}.plugin_utils.text").__file__ or "").parents[1]
NAMES = sorted(MODULES)


def test_every_action_has_a_module_and_is_in_the_group() -> None:
    """`ansible-doc` and `module_defaults` know every action, and nothing else."""
    assert sorted(path.stem for path in (PLUGINS / "action").glob("*.py")) == NAMES
    assert sorted(path.stem for path in (PLUGINS / "modules").glob("*.py")) == NAMES
    runtime = yaml.safe_load((PLUGINS.parent / "meta" / "runtime.yml").read_text())
    assert runtime["action_groups"]["openstack"] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_documentation_is_complete(name: str) -> None:
    """Each module has its three parts, and each option a type and a description."""
    module: Any = import_module(f"{PACKAGE}.modules.{name}")
    assert yaml.safe_load(module.DOCUMENTATION)["module"] == name
    assert yaml.safe_load(module.RETURN)

    def check(options: dict[str, dict[str, Any]]) -> None:
        for option, facts in options.items():
            assert facts.keys() >= {"type", "description"}, option
            assert (facts["type"] == "list") == ("elements" in facts), option
            assert not (facts.get("required") and "default" in facts), option
            check(facts.get("suboptions") or {})

    check(load_options(name))


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_accepted(name: str) -> None:
    """The example of each module passes its own check of arguments."""
    module: Any = import_module(f"{PACKAGE}.modules.{name}")
    for task in yaml.safe_load(module.EXAMPLES):
        assert task["name"]
        validate_arguments(name, task[f"downpour.cloud.{name}"])
