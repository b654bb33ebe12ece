"""Reads YAML and evaluates templates the way ansible-playbook does: by Ansible's own code."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.downpour.cloud.plugins.plugin_utils.arguments import make_plain


def load_file(path: Path) -> Any:
    """Load a playbook, a file of tasks or of variables; its text may hold templates."""
    load = DataLoader().load_from_file
    # Since 2.19 only text from files like these is ever evaluated.
    if "trusted_as_template" in inspect.signature(load).parameters:
        return load(str(path), trusted_as_template=True)
    return load(str(path))


def evaluate(value: Any, variables: Mapping[str, Any] | None = None) -> Any:
    """Return what a task gets for an argument, as plain Python values."""
    templar = Templar(loader=DataLoader(), variables=dict(variables or {}))
    return make_plain(templar.template(value))


def read_back(path: Path, text: str) -> Any:
    """Write a file, load it and evaluate all of it."""
    path.write_bytes(text.encode())
    return evaluate(load_file(path))
