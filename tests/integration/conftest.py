"""Two real clouds for the session, and in each a fresh project for every test."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.sandbox.cloud import Cloud
from demo.sandbox.projects import Project, create_project, write_clouds_file
from demo.sandbox.session import join_session

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here as what it is."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("integration")


@pytest.fixture(scope="session")
def clouds(pytestconfig: pytest.Config) -> tuple[Cloud, Cloud]:
    """The source and the destination cloud: those of $DOWNPOUR_SANDBOX_DIR, else fresh ones.

    All workers have the same two, which end with their owner (``tests/conftest.py``).
    """
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\nsandbox: {text}", file=sys.stderr)

    owner_pid = getattr(pytestconfig, "workerinput", {}).get("owner_pid", os.getpid())
    return join_session(owner_pid, say)


@pytest.fixture
def source(clouds: tuple[Cloud, Cloud], request: pytest.FixtureRequest) -> Iterator[Project]:
    """A fresh project in the source cloud, with a user who is a member and nothing more."""
    project = create_project(clouds[0], request.node.name)
    yield project
    # What is left in an abandoned project disturbs nobody; only its bytes would fill the disk.
    project.release_disks()


@pytest.fixture
def destination(clouds: tuple[Cloud, Cloud], request: pytest.FixtureRequest) -> Iterator[Project]:
    """A fresh project in the destination cloud, likewise."""
    project = create_project(clouds[1], request.node.name)
    yield project
    project.release_disks()


@pytest.fixture
def clouds_file(
    source: Project, destination: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A ``clouds.yaml`` that has the two projects as ``source`` and ``destination``.

    $OS_CLIENT_CONFIG_FILE names it, for this process and those that it starts.
    """
    path = tmp_path / "clouds.yaml"
    write_clouds_file(path, {"source": source, "destination": destination})
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    return path
