"""The cloud that tests talk to fails, delays and forgets as it is told to."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import keystoneauth1.exceptions
import openstack.connection
import openstack.exceptions
import pytest
import requests.exceptions

from tests.fake_cloud import (
    FakeCloud,
    call,
    corrupt,
    cut,
    delay,
    lose_answer,
    lose_request,
    match,
    match_writes,
    refuse,
    reply,
)

Connection = openstack.connection.Connection
NETWORKS = match(path="/networks")


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    """A fresh cloud of the newest release."""
    with FakeCloud() as cloud:
        yield cloud


@pytest.fixture
def connection(cloud: FakeCloud) -> Connection:
    """A connection of the SDK to it, logged in."""
    connection = cloud.make_connection()
    connection.session.get_token()
    return connection


def make_network(connection: Connection) -> int:
    """Ask once for a new network and return the status."""
    answer = connection.network.post(
        "/networks", json={"network": {"name": "n"}}, connect_retries=0
    )
    return int(answer.status_code)


def test_a_refusal_is_in_the_services_words(cloud: FakeCloud, connection: Connection) -> None:
    """Nothing is done, and only as often as it was told."""
    script = cloud.script(NETWORKS, refuse(503, "come back later"))
    with pytest.raises(openstack.exceptions.HttpException, match="come back later"):
        connection.network.create_network(name="n")
    assert cloud.find_own("networks") == []
    assert make_network(connection) == 201
    assert script.fired == 1


def test_every_request_can_be_refused(cloud: FakeCloud, connection: Connection) -> None:
    """A listing that a policy forbids stays forbidden; another service is not meant."""
    cloud.script(match("GET", "network", "/ports"), refuse(403), times=None)
    for _ in range(3):
        assert connection.network.get("/ports").status_code == 403
    assert connection.network.get("/networks").status_code == 200


def test_some_requests_may_go_before(cloud: FakeCloud, connection: Connection) -> None:
    """A script can wait for the n-th request, and be for all after it."""
    cloud.script(match_writes(), refuse(500), skip=1, times=None)
    assert [make_network(connection) for _ in range(3)] == [201, 500, 500]


def test_an_answer_of_any_kind_can_be_given(cloud: FakeCloud, connection: Connection) -> None:
    """Bytes, headers and documents that no service would send."""
    cloud.script(NETWORKS, reply(200, body=b"<html>", Content_Type="text/html"))
    answer = connection.network.get("/networks")
    assert (answer.text, answer.headers["Content-Type"]) == ("<html>", "text/html")
    cloud.script(NETWORKS, reply(200, {"networks": "none"}))
    assert connection.network.get("/networks").json() == {"networks": "none"}


def test_a_request_is_lost_before_the_deed(cloud: FakeCloud, connection: Connection) -> None:
    """The connection ends and nothing was done; the log tells it."""
    cloud.script(NETWORKS, lose_request())
    with pytest.raises(keystoneauth1.exceptions.ConnectFailure):
        make_network(connection)
    assert cloud.find_own("networks") == []
    assert [(entry.status, entry.is_answered) for entry in cloud.writes()] == [(None, False)]


def test_an_answer_is_lost_after_the_deed(cloud: FakeCloud, connection: Connection) -> None:
    """The connection ends although it was done; the log tells that, too."""
    cloud.script(NETWORKS, lose_answer())
    with pytest.raises(keystoneauth1.exceptions.ConnectFailure):
        make_network(connection)
    assert len(cloud.find_own("networks")) == 1
    assert [(entry.status, entry.is_answered) for entry in cloud.writes()] == [(201, False)]
    assert make_network(connection) == 201


def read_file(connection: Connection, image_id: str) -> bytes:
    """Download an image as downpour does."""
    answer = connection.image.get(f"/images/{image_id}/file", stream=True)
    return b"".join(answer.iter_content(1 << 20))


def test_a_body_is_cut(cloud: FakeCloud, connection: Connection) -> None:
    """The client gets the promised length in the header, and less."""
    image_id = cloud.put_image(b"x" * 100_000)
    cloud.script(match("GET", "image", "/images/[^/]+/file"), cut(70_000))
    with pytest.raises(
        (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)
    ):
        read_file(connection, image_id)
    assert len(read_file(connection, image_id)) == 100_000


@pytest.mark.parametrize(
    ("reaction", "read"), [(corrupt(), b"\x87xx"), (corrupt(lambda body: body[:2]), b"xx")]
)
def test_a_body_is_changed(
    cloud: FakeCloud, connection: Connection, reaction: Any, read: bytes
) -> None:
    """Wrong or missing bytes arrive as if they were right."""
    image_id = cloud.put_image(b"xxx")
    cloud.script(match(path="/images/.*/file"), reaction)
    assert read_file(connection, image_id) == read


def test_a_lie_about_an_image_stands(cloud: FakeCloud, connection: Connection) -> None:
    """What a test says of an image counts more than its bytes."""
    image_id = cloud.put_image(b"xxx", os_hash_value="0" * 128, checksum=None)
    image = connection.image.get(f"/images/{image_id}").json()
    assert (image["os_hash_value"], image["checksum"]) == ("0" * 128, None)


def test_an_answer_is_delayed(cloud: FakeCloud, connection: Connection) -> None:
    """A slow answer does not keep other requests."""
    cloud.script(NETWORKS, delay(0.03))
    began = time.monotonic()
    assert connection.network.get("/networks").status_code == 200
    assert time.monotonic() - began >= 0.03


def test_a_client_that_waits_too_short_gives_up(cloud: FakeCloud, connection: Connection) -> None:
    """A timeout of the client is one, and the cloud ends all the same."""
    cloud.script(NETWORKS, delay(60))
    with pytest.raises(keystoneauth1.exceptions.ConnectTimeout):
        connection.network.get("/networks", timeout=0.02, connect_retries=0)


def test_tests_may_act_in_between(cloud: FakeCloud, connection: Connection) -> None:
    """Something can be done just before and just after the deed, also in the cloud."""
    seen: list[int] = []
    count = cloud.get_documents("networks").__len__
    cloud.script(
        NETWORKS,
        call(lambda request: seen.append(count()), lambda request, answer: seen.append(count()))
        | lose_answer(),
    )
    with pytest.raises(keystoneauth1.exceptions.ConnectFailure):
        make_network(connection)
    assert seen == [1, 2]


def test_logins_and_discovery_are_not_meant(cloud: FakeCloud) -> None:
    """A script for everything is not for them, unless it names them."""
    cloud.script(match(), refuse(500), times=None)
    connection = cloud.make_connection()
    assert connection.compute.get("/flavors").status_code == 500
    data = connection.compute.get_endpoint_data()
    assert data is not None
    assert data.max_microversion == (2, 104)
    assert [entry.status for entry in cloud.list_requests(path="/", service="compute")] == [200]
    cloud.clear_scripts()
    cloud.script(match(service="identity", path="/auth/tokens"), refuse(503), times=None)
    with pytest.raises(keystoneauth1.exceptions.ServiceUnavailable):
        cloud.make_connection().session.get_token()


def test_the_log_tells_what_was_asked(cloud: FakeCloud, connection: Connection) -> None:
    """Paths below the version, queries and bodies; logins only if they are asked for."""
    connection.network.create_network(name="n")
    list(connection.network.networks(name="n"))
    writes, reads = cloud.list_requests("POST"), cloud.list_requests("GET", path="/networks")
    assert [entry.body for entry in writes] == [{"network": {"name": "n"}}]
    assert [entry.query for entry in reads] == [{"name": ["n"]}]
    assert (cloud.count(), cloud.count("POST", "identity")) == (2, 1)
    image_id = cloud.put_image(b"", status="queued")
    headers = {"Content-Type": "application/octet-stream"}
    connection.image.put(f"/images/{image_id}/file", data=b"\xff" * 10, headers=headers)
    assert cloud.writes()[-1].body == "10 bytes"


# What takes its time.


def test_a_volume_takes_its_time(cloud: FakeCloud, connection: Connection) -> None:
    """It is being created for so many reads, and the next volume is there at once."""
    cloud.slow_down("volumes.create", reads=2)
    storage = connection.block_storage
    volume = storage.create_volume(size=1)
    statuses = [storage.get_volume(volume.id).status for _ in range(3)]
    assert [volume.status, *statuses] == ["creating", "creating", "creating", "available"]
    assert storage.create_volume(size=1).status == "available"


def test_a_server_ends_in_error(cloud: FakeCloud, connection: Connection) -> None:
    """With the fault that the test gives; a listing counts as a read."""
    fault = {"code": 500, "message": "No valid host was found.", "created": ""}
    cloud.slow_down("servers.create", reads=1, end={"status": "ERROR", "fault": fault})
    server = {
        "name": "s",
        "flavorRef": cloud.find_flavor("m1.tiny"),
        "imageRef": cloud.put_image(b""),
    }
    connection.compute.post("/servers", json={"server": server})
    listed = [next(iter(connection.compute.servers())) for _ in range(2)]
    assert [item.status for item in listed] == ["BUILD", "ERROR"]
    assert listed[1].fault["message"] == "No valid host was found."


def test_what_never_ends_can_be_had(cloud: FakeCloud, connection: Connection) -> None:
    """For timeouts: the passing state stays."""
    cloud.slow_down("snapshots.create", reads=None)
    volume_id = cloud.put_volume()
    snapshot = connection.block_storage.create_snapshot(volume_id=volume_id)
    for _ in range(3):
        assert connection.block_storage.get_snapshot(snapshot.id).status == "creating"


def test_a_deletion_takes_its_time_or_fails(cloud: FakeCloud, connection: Connection) -> None:
    """The object is there until it is gone."""
    storage = connection.block_storage
    cloud.slow_down("volumes.delete", reads=1)
    cloud.slow_down("volumes.delete", reads=0, end={"status": "error_deleting"})
    gone, kept = cloud.put_volume(), cloud.put_volume()
    storage.delete_volume(gone)
    assert storage.get_volume(gone).status == "deleting"
    assert [volume.id for volume in storage.volumes()] == [kept]
    storage.delete_volume(kept)
    assert storage.get_volume(kept).status == "error_deleting"


def test_an_upload_of_a_volume_takes_its_time(cloud: FakeCloud, connection: Connection) -> None:
    """The volume is busy until its image is active, and that has the bytes."""
    volume_id = cloud.put_volume(b"bytes")
    cloud.slow_down("volumes.upload", reads=1)
    answer = connection.block_storage.upload_volume_to_image(volume_id, "i")
    path = f"/images/{answer['image_id']}"
    assert connection.image.get(path).json()["status"] == "saving"
    assert connection.block_storage.get_volume(volume_id).status == "uploading"
    image = connection.image.get(path).json()
    assert image["os_hash_value"] == hashlib.sha512(b"bytes").hexdigest()
    assert connection.block_storage.get_volume(volume_id).status == "available"


def test_a_server_stops_slowly(cloud: FakeCloud, connection: Connection) -> None:
    """It is still active, with a task, until it is off; then it can be started."""
    server_id = cloud.put("servers", name="s")
    cloud.slow_down("servers.stop", reads=1)
    connection.compute.stop_server(server_id)
    seen = [connection.compute.get_server(server_id) for _ in range(2)]
    assert [(server.status, server.task_state) for server in seen] == [
        ("ACTIVE", "powering-off"),
        ("SHUTOFF", None),
    ]
    connection.compute.start_server(server_id)
    assert connection.compute.get_server(server_id).status == "ACTIVE"


def test_an_unknown_event_is_a_mistake_of_the_test(cloud: FakeCloud) -> None:
    """A name that means nothing is not taken in silence."""
    with pytest.raises(ValueError, match=r"volumes\.create"):
        cloud.slow_down("volume.create")
