"""Keypairs, which have names for ids and no place for a marker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES

from tests.unit.collection.recorder import Recorder
from tests.unit.collection.test_run import run

KEYPAIR = MODULES["keypair"]
KEY = "ssh-ed25519 AAAA"
LISTING = "GET /os-keypairs"


def list_keys(**keys: str) -> dict[str, Any]:
    """Return the listing as nova gives it."""
    return {
        "keypairs": [
            {"keypair": {"name": name, "public_key": key, "fingerprint": "f\n"}}
            for name, key in keys.items()
        ]
    }


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle with one key."""
    (tmp_path / "key.pub").write_text(f"{KEY} me@here\n")
    return tmp_path


def make_arguments(name: str, **details: Any) -> dict[str, Any]:
    """Return the arguments of a task."""
    return {"old_id": name, "name": name, "public_key_file": "key.pub", **details}


@pytest.mark.parametrize("name", ["web", "my key", "a/b,c", "..", "(new keypair x)"])
def test_a_name_may_be_anything(name: str, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No tag and no path is made of it; the second run finds it by its row."""
    made = {"keypair": {"name": name, "public_key": KEY}}
    cloud = Recorder({LISTING: list_keys(), "POST /os-keypairs": made})
    monkeypatch.setattr(cloud, "limit_microversion", lambda _service, wanted: wanted)
    expected = {"changed": True, "id": name, "old_id": name}
    assert run(KEYPAIR, make_arguments(name, key_type="ssh"), cloud, bundle) == expected
    body = {"name": name, "public_key": f"{KEY} me@here", "type": "ssh"}
    assert cloud.list_writes() == [("POST /os-keypairs", {"keypair": body})]
    second = Recorder({LISTING: list_keys(**{name: KEY})})
    assert run(KEYPAIR, make_arguments(name), second, bundle) == expected | {"changed": False}


def test_the_same_key_is_the_same_keypair(bundle: Path) -> None:
    """Its comment says nothing about it."""
    cloud = Recorder({LISTING: list_keys(web=f"{KEY} other@there")})
    KEYPAIR.prepare(cloud)
    result = run(KEYPAIR, make_arguments("web"), cloud, bundle)
    assert result == {"changed": False, "id": "web", "old_id": "web"}
    assert len(cloud.sent) == 1
    assert '"keypair","web","web","web"' in (bundle / "uuids.csv").read_text()


def test_another_key_of_that_name_is_a_failure(bundle: Path) -> None:
    """Servers would let in somebody else; unless a row says that this is meant."""
    cloud = Recorder({LISTING: list_keys(web="ssh-ed25519 BBBB")})
    message = run(KEYPAIR, make_arguments("web"), cloud, bundle)["msg"]
    assert "another key, f\\n" in message
    (bundle / "uuids.csv").write_text("keypair,web,web,web\n")
    assert not run(KEYPAIR, make_arguments("web"), cloud, bundle)["changed"]


def test_a_missing_file_is_a_failure(bundle: Path) -> None:
    """Nothing is asked of the cloud."""
    (bundle / "key.pub").unlink()
    cloud = Recorder({})
    assert "public key file" in run(KEYPAIR, make_arguments("web"), cloud, bundle)["msg"]
    assert cloud.sent == []
