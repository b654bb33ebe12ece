"""A recorded tenant gives this very bundle, byte for byte.

``pytest tests/golden --update-golden`` writes what is rendered now to ``tests/golden/bundle``;
review it with ``git diff``. How the tenant was recorded: ``tests/golden/record.py``.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.downpour.cloud.plugins.plugin_utils.arguments import (
    make_plain,
    validate_arguments,
)

from downpour.export import write_bundle
from downpour.plan import make_plan
from downpour.resources import RESOURCE_TYPES
from downpour.resources.inventory import Inventory
from downpour.selection import read_selection
from downpour.walk import resolve_selection, walk_selection
from tests.unit.playbook.reading import load_file
from tests.unit.playbook.references import check_order
from tests.unit.tenant import save_plan

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "bundle"
SOURCE = {
    "auth_url": "https://cloud.example/identity/v3",
    "region": "RegionOne",
    "project_id": "6b86b273ff34fce19d6b804eff5a3f57",
}
# These say what the collection is, which has tests of its own.
_COLLECTION = "collections/"


def render_bundle(directory: Path, shuffle: random.Random | None = None) -> Path:
    """Write the whole bundle of the recorded tenant, without the data, and return its place."""
    recorded = json.loads((HERE / "listings.json").read_text())
    assert recorded["project_id"] == SOURCE["project_id"]
    if shuffle:
        for listing in recorded["listings"].values():
            shuffle.shuffle(listing)
    inventory = Inventory(
        RESOURCE_TYPES, lambda listing: recorded["listings"][listing.name], recorded["project_id"]
    )
    selection = read_selection(HERE / "resources.yml")
    plan = make_plan(walk_selection(resolve_selection(selection, inventory), inventory))
    write_bundle(plan, save_plan(plan), SOURCE, selection.normalize(), directory)
    return directory


def read_files(directory: Path) -> dict[str, str]:
    """Return the files of a bundle without the collection and what depends on it."""
    files = {
        path.relative_to(directory).as_posix(): path.read_bytes().decode()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
    files = {path: text for path, text in files.items() if not path.startswith(_COLLECTION)}
    manifest = json.loads(files["manifest.json"])
    manifest["downpour"] = "version"
    manifest["files"] = [
        file for file in manifest["files"] if not file["path"].startswith(_COLLECTION)
    ]
    files["manifest.json"] = json.dumps(manifest, indent=1) + "\n"
    files["SHA256SUMS"] = "".join(
        line
        for line in files["SHA256SUMS"].splitlines(keepends=True)
        if f"  {_COLLECTION}" not in line and "  manifest.json" not in line
    )
    return files


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the recorded tenant."""
    return render_bundle(tmp_path_factory.mktemp("golden") / "bundle")


def test_the_bundle_is_as_expected(bundle: Path, is_updating: bool) -> None:
    """Every byte that people and Ansible read is the one that was reviewed."""
    rendered = read_files(bundle)
    if is_updating:
        shutil.rmtree(EXPECTED, ignore_errors=True)
        for path, text in rendered.items():
            (EXPECTED / path).parent.mkdir(parents=True, exist_ok=True)
            (EXPECTED / path).write_bytes(text.encode())
    expected = {
        path.relative_to(EXPECTED).as_posix(): path.read_bytes().decode()
        for path in EXPECTED.rglob("*")
        if path.is_file()
    }
    assert sorted(rendered) == sorted(expected)
    for path, text in expected.items():
        assert rendered[path] == text, f"{path}: if this is meant, see the top of this file"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_listings_does_not_matter(bundle: Path, seed: int, tmp_path: Path) -> None:
    """A cloud that lists the same in another order gives the same bytes in every file."""
    shuffled = read_files(render_bundle(tmp_path / "bundle", random.Random(seed)))
    assert shuffled == read_files(bundle)


def test_every_reference_is_made_before_it_is_used(bundle: Path) -> None:
    """The tasks stand in an order in which they can be run."""
    assert check_order(read_files(bundle)) > 100


def test_every_task_passes_the_check_of_the_collection(bundle: Path) -> None:
    """No task of the recorded tenant has an argument that the far end would refuse."""
    count = 0
    for path in (bundle / "tasks").glob("*.yml"):
        for task in make_plain(load_file(path)):
            (module,) = (key for key in task if key.startswith("downpour.cloud."))
            validate_arguments(module.rpartition(".")[2], task[module])
            count += 1
    assert count > 50


def test_only_the_owner_may_read(bundle: Path) -> None:
    """Directories are 0700 and files 0600: the data of a tenant is private."""
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (bundle, *bundle.rglob("*"))}
    assert modes == {(True, 0o700), (False, 0o600)}


def test_the_names_of_files_are_ours(bundle: Path) -> None:
    """No name from the cloud is part of a path, whatever it holds."""
    for path in read_files(bundle):
        assert re.fullmatch(r"[A-Za-z0-9_.]+(/[a-z0-9_.]+)?", path), path


def test_what_a_person_edits_is_plain(bundle: Path) -> None:
    """``destination.yml`` is YAML for any reader, with one key per choice and no more."""
    document: dict[str, Any] = yaml.safe_load((bundle / "destination.yml").read_text())
    assert document["cloud"] is None
    assert document["flavors"] == {
        "flavor_m1_nodisk": "m1.nodisk",
        "flavor_m1_small": "m1.small",
        "flavor_m1_tiny": "m1.tiny",
    }
    assert set(document["networks"].values()) == {"golden-shared", "public"}


def run_tool(bundle: Path, scratch: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's tools in a copy of the bundle, as the far end would."""
    copy = scratch / "bundle"
    shutil.copytree(bundle, copy)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("OS_", "ANSIBLE"))
    }
    environment |= {"HOME": str(scratch), "ANSIBLE_HOME": str(scratch / "home")}
    environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        command,
        cwd=copy,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
def test_ansible_takes_the_syntax(bundle: Path, tmp_path: Path) -> None:
    """Ansible reads the whole playbook with the collection beside it, without a warning."""
    result = run_tool(bundle, tmp_path, "ansible-playbook", "--syntax-check", "playbook.yml")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "WARNING" not in result.stderr


@pytest.mark.slow
def test_ansible_lint_is_content(bundle: Path, tmp_path: Path) -> None:
    """The playbook meets the strictest profile of ansible-lint, without an exception."""
    if shutil.which("ansible-lint", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("ansible-lint is for the newest dependencies only")
    result = run_tool(
        bundle, tmp_path, "ansible-lint", "--offline", "--nocolor", "--profile", "production"
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"Passed: 0 failure\(s\), 0 warning\(s\)", result.stderr), result.stderr
