"""Waiting for all objects of a type together."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES

from tests.unit.collection.recorder import PROJECT, Recorder
from tests.unit.collection.test_run import run

SERVERS, VOLUMES = "GET /servers/detail", "GET /volumes/detail"


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note the pauses instead of making them."""
    paused: list[float] = []
    monkeypatch.setattr(time, "sleep", paused.append)
    return paused


def make_entry(name: str, **details: Any) -> dict[str, Any]:
    """Return an entry of a task that waits."""
    return {"id": f"new-{name}", "old_id": f"old-{name}", "name": name, **details}


def make_server(name: str, status: str, *tags: str, **details: Any) -> dict[str, Any]:
    """Return a server that downpour made."""
    return {
        "id": f"new-{name}",
        "status": status,
        "tags": [f"downpour:old-{name}", *tags],
        **details,
    }


def make_volume(name: str, status: str, **details: Any) -> dict[str, Any]:
    """Return a volume that downpour made."""
    metadata = {"downpour": f"old-{name}"}
    return {"id": f"new-{name}", "status": status, "metadata": metadata, **details}


def test_one_listing_per_round_serves_all(tmp_path: Path, pauses: list[float]) -> None:
    """As long as one is being built; a stranger's is not waited for."""
    rounds = [
        [make_server("a", "BUILD"), make_server("b", "ACTIVE"), make_server("c", "BUILD", tags=[])],
        [
            make_server("a", "ACTIVE"),
            make_server("b", "ACTIVE"),
            make_server("c", "BUILD", tags=[]),
        ],
    ]
    cloud = Recorder({SERVERS: lambda query: {"servers": rounds.pop(0)}})
    given = {"servers": [make_entry(name) for name in "abc"]}
    assert run(MODULES["servers_ready"], given, cloud, tmp_path) == {"changed": False}
    assert (len(cloud.sent), len(pauses)) == (2, 1)


def test_all_that_failed_are_told_at_once(tmp_path: Path) -> None:
    """Each with its type, name and old id, and with what the cloud says about it."""
    listed = [
        make_server("a", "ERROR", fault={"message": "No host\x1b"}),
        make_server("b", "BUILD"),
        make_server("c", "ACTIVE"),
    ]
    cloud = Recorder({SERVERS: {"servers": listed}})
    entries = [make_entry(name) for name in "abcd"]
    given = {"servers": entries, "timeout_minutes": 0}
    message = run(MODULES["servers_ready"], given, cloud, tmp_path)["msg"]
    assert message.startswith("servers: 3 of 4 are not usable: ")
    for said in (
        'server "a" (old-a): new-a is in status ERROR. No host\\x1b',
        'server "b" (old-b): new-b is still being built',
        'server "d" (old-d): there is no server new-d in the project',
    ):
        assert said in message


def test_a_server_is_stopped_once(tmp_path: Path) -> None:
    """The tag goes when it is stopped; one without it was started by somebody, and runs on."""
    stop = "downpour:stop"
    rounds = [
        [
            make_server("a", "ACTIVE", stop),
            make_server("b", "ACTIVE"),
            make_server("c", "SHUTOFF", stop),
        ],
        [make_server("a", "ACTIVE", stop), make_server("c", "SHUTOFF", stop)],
        [make_server("a", "SHUTOFF", stop), make_server("c", "SHUTOFF", stop)],
    ]
    tag = "tags/downpour%3Astop"
    cloud = Recorder(
        {
            SERVERS: lambda query: {"servers": rounds.pop(0)},
            "POST /servers/new-a/action": {},
            f"DELETE /servers/new-a/{tag}": {},
            f"DELETE /servers/new-c/{tag}": {},
        }
    )
    given = {"servers": [make_entry(name, is_stopped=True) for name in "abc"]}
    assert run(MODULES["servers_ready"], given, cloud, tmp_path) == {"changed": True}
    assert cloud.list_writes() == [
        ("POST /servers/new-a/action", {"os-stop": None}),
        (f"DELETE /servers/new-a/{tag}", None),
        (f"DELETE /servers/new-c/{tag}", None),
    ]


def test_a_server_that_does_not_stop_is_a_warning(tmp_path: Path) -> None:
    """Its tag stays, so that the next run tries again."""
    listed = [make_server("a", "ACTIVE", "downpour:stop")]
    cloud = Recorder({SERVERS: {"servers": listed}, "POST /servers/new-a/action": {}})
    given = {"servers": [make_entry("a", is_stopped=True)], "timeout_minutes": 0}
    result = run(MODULES["servers_ready"], given, cloud, tmp_path)
    assert result["warnings"] == ['server "a" (old-a): does not stop; the next run tries again']
    assert len(cloud.list_writes()) == 1


def test_check_mode_neither_waits_nor_stops(tmp_path: Path, pauses: list[float]) -> None:
    """It tells whether something would change; what is only planned would."""
    stopped = {"servers": [make_entry("a", is_stopped=True)]}
    planned = {"servers": [{**make_entry("a"), "id": "(new server old-a)"}]}
    listed = [make_server("a", "ACTIVE", "downpour:stop")]
    for given, requests in ((stopped, 1), (planned, 0)):
        cloud = Recorder({SERVERS: {"servers": listed}})
        result = run(MODULES["servers_ready"], given, cloud, tmp_path, is_check_mode=True)
        assert result == {"changed": True}
        assert [what for what, _ in cloud.sent] == [SERVERS] * requests
    assert pauses == []


def test_volumes_get_what_cannot_be_set_at_their_creation(tmp_path: Path) -> None:
    """Flag, image metadata and readonly; the temporary images of what is ready go."""
    image = {"id": "i", "tags": ["downpour:volume:old-a"]}
    stranger = {"id": "j", "tags": ["downpour:volume:old-z"]}
    existing = {"keep": "1", "wrong": "1", "more": "1"}
    listed = [
        make_volume("a", "available", bootable="false", volume_image_metadata=existing),
        make_volume("b", "available", bootable="true"),
        {"id": "new-c", "status": "error", "metadata": {}},
    ]
    action = "POST /volumes/new-a/action"
    cloud = Recorder(
        {
            VOLUMES: {"volumes": listed},
            action: {},
            "GET /images": {"images": [image, stranger]},
            "DELETE /images/i": {},
        }
    )
    given = {
        "volumes": [
            make_entry(
                "a", bootable=True, readonly=True, image_metadata={"keep": "1", "wrong": "2"}
            ),
            make_entry("b", bootable=True),
            make_entry("c", bootable=True),
        ]
    }
    assert run(MODULES["volumes_ready"], given, cloud, tmp_path) == {"changed": True}
    assert cloud.list_writes() == [
        (action, {"os-set_image_metadata": {"metadata": {"wrong": "2"}}}),
        (action, {"os-unset_image_metadata": {"key": "more"}}),
        (action, {"os-set_bootable": {"bootable": True}}),
        (action, {"os-update_readonly_flag": {"readonly": True}}),
        ("DELETE /images/i", None),
    ]
    assert ("GET /images", {"owner": PROJECT}) in cloud.sent


def test_a_failed_volume_keeps_its_image_and_is_explained(tmp_path: Path) -> None:
    """The others are finished before the failure is told."""
    listed = [make_volume("a", "error"), make_volume("b", "downloading")]
    messages = [
        {"resource_uuid": "new-a", "user_message": "No space"},
        {"resource_uuid": "new-b", "user_message": "Other"},
    ]
    cloud = Recorder({VOLUMES: {"volumes": listed}, "GET /messages": {"messages": messages}})
    given = {"volumes": [make_entry("a"), make_entry("b")], "timeout_minutes": 0}
    message = run(MODULES["volumes_ready"], given, cloud, tmp_path)["msg"]
    assert 'volume "a" (old-a): new-a is in status error. No space' in message
    assert 'volume "b" (old-b): new-b is still in status downloading' in message
    assert cloud.list_writes() == []
