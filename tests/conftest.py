"""How pytest-xdist's workers share the work, and one pair of clouds.

The clouds belong to the process that was started, the controller or else the only one: the first
test that needs them starts them, and they end with that process, also if it is killed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from demo.sandbox.session import end_session

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling
    from xdist.workermanage import WorkerController

INTEGRATION = "tests/integration/"
# What the tests of some modules share takes long to make, so one worker has them all.
SHARED = {
    "test_export.py": "the small tenant and its bundle",
    "test_import.py": "the small tenant and its bundle",
    "test_query.py": "the small tenant and its bundle",
    "test_refusals.py": "the small tenant and its bundle",
    "test_hostile_text.py": "the move of hostile texts",
    "test_move.py": "the whole move",
}


def find_work_unit(test_id: str) -> str:
    """Return the piece of work that a test belongs to: one worker does all of it.

    A piece is a module, but of the integration tests, which take seconds each, it is one test.
    """
    path, _, _ = test_id.partition("::")
    if path.startswith(INTEGRATION):
        return SHARED.get(path.removeprefix(INTEGRATION), test_id)
    return path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Give pieces of work in the order of collection: what takes long comes first."""
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False
    scheduler = LoadScopeScheduling(config, log)
    # What its subclasses in xdist override.
    scheduler._split_scope = find_work_unit
    return scheduler


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Tell a worker whose the clouds are."""
    node.workerinput["owner_pid"] = os.getpid()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the clouds when all tests are done or interrupted."""
    if not hasattr(config, "workerinput"):
        end_session(os.getpid())
