"""How the tests are shared out between workers, and the clouds between them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from demo.sandbox.errors import SandboxError
from demo.sandbox.session import end_session, join_session
from tests.conftest import INTEGRATION, SHARED, find_work_unit

CHECKOUT = Path(__file__).resolve().parents[2]
# A fixture for a whole module, or what several modules have together.
SHARING = re.compile(r'scope="module"|from tests\.integration\.shared import')


def test_what_is_shared_is_made_once() -> None:
    """An integration test is a piece of work, but those that share something costly are one."""
    for path in sorted((CHECKOUT / INTEGRATION).rglob("test_*.py")):
        module = path.relative_to(CHECKOUT).as_posix()
        is_sharing = SHARING.search(path.read_text(encoding="utf-8")) is not None
        units = {find_work_unit(f"{module}::{name}") for name in ("test_a", "test_b[x::y]")}
        assert len(units) == (1 if is_sharing else 2), f"{module}: see SHARED in tests/conftest.py"
    for name in SHARED:
        assert (CHECKOUT / INTEGRATION / name).exists()


def test_a_fast_module_is_a_piece() -> None:
    """The fast tests go to a worker by module: by themselves they cost less than being sent."""
    assert find_work_unit("tests/unit/a/test_x.py::test_a[tests/integration/]") == (
        "tests/unit/a/test_x.py"
    )


def test_no_clouds_without_their_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that outlives the process it works for starts no clouds, which nobody would stop."""
    monkeypatch.setenv("DOWNPOUR_SANDBOX_DIR", str(tmp_path))
    with subprocess.Popen(["true"]) as process:
        process.wait()
    with pytest.raises(SandboxError, match=f"process {process.pid}, has ended"):
        join_session(process.pid)
    end_session(process.pid)
    assert list(tmp_path.iterdir()) == []
