"""What an export does with the directory it is given; nothing here needs a cloud to copy from."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, cast

import pytest

from downpour.bundle.journal import open_journal
from downpour.bundle.layout import JOURNAL, MANIFEST
from downpour.cloud import Cloud
from downpour.errors import DownpourError
from downpour.export import clean_up_bundle, export_bundle
from downpour.plan import Plan
from downpour.resources.captures import TemporaryKind
from downpour.resources.model import DataFile
from downpour.transfer.progress import SilentProgress
from tests.unit.tenant import Tenant

SELECTION = [{"type": "keypair", "name": "key"}]


class AskedError(Exception):
    """A request would have been sent."""


class Somewhere:
    """A cloud of which nothing but its address is known."""

    def __init__(self, project_id: str = "p") -> None:
        self.project_id = project_id

    def describe(self) -> dict[str, str]:
        """Return what identifies the project."""
        return {"auth_url": "https://a", "region": "r", "project_id": self.project_id}

    @property
    def connection(self) -> object:
        """Refuse to be asked for anything else."""
        raise AskedError


def make_plan(tenant: Tenant | None = None) -> Plan:
    """Return the plan of one keypair, which has no bytes to fetch."""
    tenant = tenant or Tenant()
    tenant.add("keypair", "key")
    return tenant.plan(("keypair", "key"))


def export(
    directory: Path,
    plan: Plan | None = None,
    selection: list[Any] | None = None,
    project_id: str = "p",
) -> bool:
    """Export to a directory."""
    cloud = cast(Cloud, Somewhere(project_id))
    return export_bundle(
        cloud, plan or make_plan(), selection or SELECTION, directory, SilentProgress()
    )


def read_all(directory: Path) -> dict[str, bytes]:
    """Return the content of all files."""
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("is_there", [True, False])
def test_a_new_or_empty_directory(tmp_path: Path, is_there: bool) -> None:
    """An export makes its directory, or fills an empty one, and leaves no journal behind."""
    directory = tmp_path / "deep" / "export"
    if is_there:
        directory.mkdir(parents=True, mode=0o755)
    assert export(directory) is True
    names = set(os.listdir(directory))
    assert {"playbook.yml", "manifest.json", "SHA256SUMS", "README.rst", "collections"} <= names
    assert JOURNAL not in names
    assert directory.stat().st_mode & 0o777 == 0o700


def test_the_same_export_again(tmp_path: Path) -> None:
    """A complete export is left as it is, byte for byte, also where a person edited it."""
    assert export(tmp_path)
    (tmp_path / "destination.yml").write_text("edited")
    (tmp_path / "uuids.csv").write_text("rows")
    before = read_all(tmp_path)
    assert export(tmp_path) is False
    assert read_all(tmp_path) == before


@pytest.mark.parametrize("other", [{"project_id": "q"}, {"selection": [{"type": "server"}]}])
def test_another_export(tmp_path: Path, other: dict[str, Any]) -> None:
    """The directory of another project or another resource file is refused and left as it is."""
    assert export(tmp_path)
    before = read_all(tmp_path)
    with pytest.raises(DownpourError, match="other-export"):
        export(tmp_path, **other)
    assert read_all(tmp_path) == before


@pytest.mark.parametrize("other", [{"project_id": "q"}, {"selection": [{"type": "server"}]}])
def test_another_unfinished_export(tmp_path: Path, other: dict[str, Any]) -> None:
    """An unfinished export is continued only by the same one."""
    with open_journal(tmp_path) as journal:
        journal.begin(Somewhere().describe(), SELECTION)
    before = read_all(tmp_path)
    with pytest.raises(DownpourError, match="other-export"):
        export(tmp_path, **other)
    assert read_all(tmp_path) == before


def test_an_unfinished_export_is_continued(tmp_path: Path) -> None:
    """A directory with the journal of the same export is completed."""
    with open_journal(tmp_path) as journal:
        journal.begin(Somewhere().describe(), SELECTION)
    assert export(tmp_path)
    assert (tmp_path / MANIFEST).exists()
    assert not (tmp_path / JOURNAL).exists()


def test_killed_before_the_first_line(tmp_path: Path) -> None:
    """A run that was killed before it wrote a whole line has begun nothing."""
    (tmp_path / JOURNAL).write_text('{"event": "beg')
    assert export(tmp_path)


def test_killed_while_writing_the_last_files(tmp_path: Path) -> None:
    """As long as there is a journal the manifest does not count as complete."""
    assert export(tmp_path)
    complete = read_all(tmp_path)
    with open_journal(tmp_path) as journal:
        journal.begin(Somewhere().describe(), SELECTION)
    (tmp_path / "playbook.yml").unlink()
    assert export(tmp_path)
    assert read_all(tmp_path) == complete


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "playbook.yml"])
def test_something_else(tmp_path: Path, name: str) -> None:
    """A directory with anything else in it is refused, and nothing is added."""
    (tmp_path / name).write_text("mine")
    with pytest.raises(DownpourError, match="not-empty"):
        export(tmp_path)
    assert os.listdir(tmp_path) == [name]


def test_a_file_in_the_way(tmp_path: Path) -> None:
    """A file where the directory should be is refused."""
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(DownpourError, match="unusable"):
        export(path)
    with pytest.raises(DownpourError, match=r"unusable|unwritable"):
        export(path / "below")
    assert path.read_text() == "mine"


def test_no_room(tmp_path: Path) -> None:
    """More bytes than the disk has room for are refused before any request to the cloud."""
    tenant = Tenant()
    image = tenant.add("image", "huge", size=1 << 60)
    with pytest.raises(DownpourError, match=r"up to 1048576\.0 TiB are to come"):
        export(tmp_path / "export", tenant.plan(("image", image)))


def test_bytes_of_an_earlier_run_are_not_fetched_again(tmp_path: Path) -> None:
    """A file that the journal says is whole, and is, needs no request; a damaged one does."""
    tenant = Tenant()
    image = tenant.add("image", "base", size=5)
    plan = tenant.plan(("image", image))
    (tmp_path / "data").mkdir()
    data = tmp_path / "data" / f"image-{image}.raw"
    data.write_bytes(b"bytes")
    with open_journal(tmp_path) as journal:
        journal.begin(Somewhere().describe(), SELECTION)
        journal.note_saved("image", image, make_data_file(b"bytes", f"data/{data.name}"))
    kept = (tmp_path / JOURNAL).read_bytes()
    assert export(tmp_path, plan)
    assert data.read_bytes() == b"bytes"

    for path in tmp_path.rglob("*.json"):
        path.unlink()
    (tmp_path / JOURNAL).write_bytes(kept)
    data.write_bytes(b"BYTES")
    with pytest.raises(AskedError):
        export(tmp_path, plan)


def make_data_file(content: bytes, path: str) -> DataFile:
    """Return what the journal notes of a file."""
    return DataFile(
        path,
        len(content),
        hashlib.sha256(content).hexdigest(),
        hashlib.sha512(content).hexdigest(),
        "raw",
        "bare",
    )


def test_cleaning_up_needs_a_journal(tmp_path: Path) -> None:
    """Where nothing is unfinished there is nothing to clean up, and no journal is made."""
    cloud = cast(Cloud, Somewhere())
    with pytest.raises(DownpourError, match="no-journal"):
        clean_up_bundle(cloud, tmp_path)
    assert os.listdir(tmp_path) == []


def test_cleaning_up_in_another_cloud(tmp_path: Path) -> None:
    """The journal of one project is not applied to another."""
    with open_journal(tmp_path) as journal:
        journal.begin(Somewhere().describe(), SELECTION)
        journal.intend(TemporaryKind.VOLUME, "downpour-temporary-1")
    with pytest.raises(DownpourError, match="other-cloud"):
        clean_up_bundle(cast(Cloud, Somewhere("q")), tmp_path)


def test_nothing_left_to_clean_up(tmp_path: Path) -> None:
    """An export that was killed with nothing temporary in the cloud leaves nothing."""
    with open_journal(tmp_path) as journal:
        journal.begin(Somewhere().describe(), SELECTION)
    assert clean_up_bundle(cast(Cloud, Somewhere()), tmp_path) == 0
