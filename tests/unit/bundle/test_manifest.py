"""The manifest and the checksums."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from downpour.bundle.layout import CHECKSUMS, MANIFEST, name_data_file
from downpour.bundle.manifest import build_checksums, digest_content, read_manifest
from downpour.errors import DownpourError
from downpour.export import write_bundle
from tests.unit.tenant import Tenant

ReadDocument = Callable[..., dict[str, Any]]
SOURCE = {"auth_url": "https://a", "region": "r", "project_id": "p"}


@pytest.fixture
def read_document(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Write the bundle of what is named, and return its manifest."""

    def read(tenant: Tenant, *named: tuple[str, str]) -> dict[str, Any]:
        write_bundle(*tenant.bundle(*named), SOURCE, [], tmp_path)
        document: dict[str, Any] = json.loads((tmp_path / MANIFEST).read_text())
        return document

    return read


def test_what_a_manifest_tells(read_document: ReadDocument) -> None:
    """The format comes first; each resource is there as it was read, with its bytes."""
    tenant = Tenant()
    image = tenant.add("image", "{{ x }}\n\U0001f480", size=5, tags=["b", "a"])
    document = read_document(tenant, ("image", image))
    assert next(iter(document)) == "format"
    assert (document["format"], document["source"]) == (1, SOURCE)
    (resource,) = document["resources"]
    assert (resource["type"], resource["id"]) == ("image", image)
    assert resource["name"] == "{{ x }}\n\U0001f480"
    assert resource["attributes"]["tags"] == ["a", "b"]
    assert resource["data"]["path"] == f"data/image-{image}.raw"
    assert resource["data"]["size_bytes"] == 5


def test_what_changes_by_itself_is_not_told(read_document: ReadDocument) -> None:
    """Times of the last change are no difference between two exports."""
    tenant = Tenant()
    image = tenant.add("image", "base", updated_at="now", created_at="then")
    (resource,) = read_document(tenant, ("image", image))["resources"]
    assert "updated_at" not in resource["attributes"]
    assert resource["attributes"]["created_at"] == "then"


def test_rules_stand_with_their_group(read_document: ReadDocument) -> None:
    """The rules of a group are told as part of it."""
    tenant = Tenant()
    group = tenant.add("security group", "web")
    rule = tenant.add("security group rule", security_group_id=group)
    tenant.add("security group rule", security_group_id="another")
    (resource,) = read_document(tenant, ("security group", group))["resources"]
    assert [item["id"] for item in resource["attributes"]["security_group_rules"]] == [rule]


def test_findings_are_told(read_document: ReadDocument) -> None:
    """What was left out can be read by a program."""
    tenant = Tenant()
    image = tenant.add("image", "base", status="queued")
    document = read_document(tenant, ("image", image))
    assert document["resources"] == []
    (finding,) = document["findings"]
    assert (finding["severity"], finding["id"]) == ("omission", image)


def test_checksums_are_for_sha256sum() -> None:
    """Lines are sorted; files that people edit or that appear later are not among them."""
    files = {
        path: digest_content(path.encode())
        for path in ("b", "a/b", "destination.yml", "uuids.csv", "journal.jsonl", "SHA256SUMS")
    }
    assert build_checksums(files).decode().splitlines() == [
        f"{hashlib.sha256(path.encode()).hexdigest()}  {path}" for path in ("a/b", "b")
    ]


def make_bundle(directory: Path) -> Path:
    """Write a bundle without data."""
    tenant = Tenant()
    tenant.add("keypair", "key")
    write_bundle(*tenant.bundle(("keypair", "key")), SOURCE, ["selection"], directory)
    return directory


def test_a_bundle_agrees_with_its_checksums(tmp_path: Path) -> None:
    """Every file of a bundle is in its checksums with its digest, but for the one to be edited."""
    make_bundle(tmp_path)
    told = {
        path: digest
        for line in (tmp_path / CHECKSUMS).read_text().splitlines()
        for digest, path in [line.split("  ", 1)]
    }
    there = {
        path.relative_to(tmp_path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert set(there) - set(told) == {"SHA256SUMS", "destination.yml"}
    assert {path: there[path] for path in told} == told


def test_the_manifest_tells_every_file(tmp_path: Path) -> None:
    """The manifest has size and digest of each file but itself and the checksums."""
    make_bundle(tmp_path)
    document = read_manifest(tmp_path)
    assert document is not None
    assert document["selection"] == ["selection"]
    told = {file["path"]: (file["size_bytes"], file["sha256"]) for file in document["files"]}
    there = {
        path.relative_to(tmp_path).as_posix(): (
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in tmp_path.rglob("*")
        if path.is_file() and path.name not in (MANIFEST, CHECKSUMS)
    }
    assert told == there


def test_sha256sum_understands_the_checksums(tmp_path: Path) -> None:
    """``sha256sum -c`` is content with a bundle, and notices one changed byte."""
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum here")
    make_bundle(tmp_path)

    def check() -> int:
        return subprocess.run(
            ["sha256sum", "-c", "--strict", CHECKSUMS],
            cwd=tmp_path,
            capture_output=True,
            timeout=30,
            check=False,
        ).returncode

    assert check() == 0
    (tmp_path / "playbook.yml").write_bytes((tmp_path / "playbook.yml").read_bytes() + b"\n")
    assert check() != 0


def test_no_manifest(tmp_path: Path) -> None:
    """A directory without a manifest is no bundle."""
    assert read_manifest(tmp_path) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"\xff", "damaged"),
        (b"[]", "its format is not 1"),
        (b"{}", "its format is not 1"),
        (b'{"format": 2}', "its format is not 1"),
        (b'{"format": "1"}', "its format is not 1"),
    ],
)
def test_manifests_of_others(tmp_path: Path, content: bytes, message: str) -> None:
    """A manifest that is broken or of another version is refused."""
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(DownpourError, match=message):
        read_manifest(tmp_path)


def test_data_files_are_named_by_identity() -> None:
    """The name of a file is type, id and format, nothing that a person chose."""
    source_id = "00000001-0000-4000-8000-000000000000"
    assert name_data_file("volume", source_id, "qcow2") == f"data/volume-{source_id}.qcow2"


@pytest.mark.parametrize(
    ("source_id", "disk_format"),
    [("../x", "raw"), ("a/b", "raw"), ("", "raw"), (".", "raw"), ("a\n", "raw"), ("a", "../x")],
)
def test_strange_ids_are_no_paths(source_id: str, disk_format: str) -> None:
    """Whatever is no UUID and no format is refused, not made into a path."""
    with pytest.raises(DownpourError, match="strange-id"):
        name_data_file("image", source_id, disk_format)
