"""A bundle written by hand and the project that it is imported into."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.sandbox.projects import Project
from tests.integration.api import Api
from tests.integration.collection.bundle import Bundle


@pytest.fixture
def bundle(tmp_path: Path, destination: Project, clouds_file: Path) -> Bundle:
    """An empty bundle for the fresh project of the destination."""
    return Bundle(tmp_path / "bundle", destination)


@pytest.fixture
def api(destination: Project) -> Api:
    """The destination's API, as the member."""
    return Api(destination)
