"""Requests, pages, errors and markers, without a cloud."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import (
    Cloud,
    read_message,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import (
    AnswerLostError,
    TaskError,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import (
    VolumeMetadata,
    make_marker,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.upload import (
    BLOCK_SIZE_BYTES,
    HashingFile,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import quote_id
from keystoneauth1.adapter import Adapter
from keystoneauth1.noauth import NoAuth
from keystoneauth1.session import Session


def make_response(status: int, body: str) -> requests.Response:
    """Return an answer as the HTTP client gives it."""
    response = requests.Response()
    response.status_code = status
    response.reason = "Some Reason"
    response._content = body.encode()
    return response


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            '{"NeutronError": {"type": "X", "message": "No\\nsuch thing", "detail": ""}}',
            "No such thing",
        ),
        ('{"badRequest": {"message": "Bad name", "code": 400}}', "Bad name"),
        ('{"message": "Not allowed", "code": "403 Forbidden"}', "Not allowed"),
        (
            "<html><head><title>409</title></head><body><h1>409</h1> In use<br/></body></html>",
            "409 In use",
        ),
        ("", "Some Reason"),
        ('{"error": {"message": "\\u001b[2J"}}', r"\x1b[2J"),
        ("[]", "[]"),
    ],
)
def test_the_message_of_each_service_is_found(body: str, said: str) -> None:
    """What the API says is shown, on one line and without control characters."""
    assert read_message(make_response(400, body)) == said


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("a b/../c?d#e", "a%20b%2F..%2Fc%3Fd%23e"), ("..", "-"), (".", "-"), ("", "-")],
)
def test_an_id_stays_one_segment_of_a_path(text: str, quoted: str) -> None:
    """A hand-written id cannot reach another address."""
    assert quote_id(text) == quoted


class Pages(Cloud):
    """A cloud that answers with prepared pages and notes the queries."""

    def __init__(self, pages: list[dict[str, Any]]) -> None:
        super().__init__(None)
        self.pages = pages
        self.queries: list[Any] = []

    def get(self, *arguments: Any, **_details: Any) -> dict[str, Any]:
        """Return the next page."""
        self.queries.append(arguments[2])
        return self.pages.pop(0)


@pytest.mark.parametrize(
    "link",
    [
        {"next": "/v2/images?marker=a&limit=1&tag=x&tag=y"},
        {"images_links": [{"rel": "next", "href": "http://x/y?marker=a&limit=1&tag=x&tag=y"}]},
    ],
)
def test_all_pages_of_a_listing_are_read(link: dict[str, Any]) -> None:
    """Both ways in which the services name the next page are followed, filters kept."""
    cloud = Pages([{"images": [{"id": "a"}], **link}, {"images": [{"id": "b"}]}])
    assert [item["id"] for item in cloud.list_all("image", "/images", "images")] == ["a", "b"]
    assert cloud.queries == [None, {"marker": ["a"], "limit": ["1"], "tag": ["x", "y"]}]


def test_an_empty_page_ends_a_listing() -> None:
    """A service that always names a next page does not keep the task busy for ever."""
    link = {"servers_links": [{"rel": "next", "href": "http://x/y?marker=a"}]}
    cloud = Pages([{"servers": [{"id": "a"}], **link}, {"servers": [], **link}])
    assert len(cloud.list_all("compute", "/servers", "servers")) == 1


@pytest.mark.parametrize("old_id", ["", "a,b", "a/b", "a b", "a\x1bb"])
def test_what_no_tag_could_hold_is_refused(old_id: str) -> None:
    """A marker that a service would take apart might be found at another's object."""
    with pytest.raises(TaskError, match="no id of OpenStack"):
        make_marker(old_id)


def test_a_volume_keeps_its_metadata_beside_the_marker() -> None:
    """The marker is one more key."""
    cloud: Any = None
    body: dict[str, Any] = {"metadata": {"a": "b"}}
    VolumeMetadata().mark_body(cloud, body, make_marker("0a"), [])
    assert body["metadata"] == {"a": "b", "downpour": "0a"}
    assert VolumeMetadata().is_marked(body, make_marker("0a"))
    [query] = VolumeMetadata().make_queries(cloud, make_marker("0a"))
    assert json.loads(query["metadata"]) == {"downpour": "0a"}


def test_a_file_is_handed_out_in_big_blocks_and_hashed(tmp_path: Path) -> None:
    """The client asks for 16 KiB and gets 1 MiB; the length is known before."""
    path = tmp_path / "data"
    path.write_bytes(b"x" * (BLOCK_SIZE_BYTES + 1))
    file = HashingFile(path)
    assert len(file) == BLOCK_SIZE_BYTES + 1
    assert [len(file.read(16384)) for _ in range(3)] == [BLOCK_SIZE_BYTES, 1, 0]
    file.close()
    assert file.get_digest() == hashlib.sha512(path.read_bytes()).hexdigest()


def test_a_write_whose_answer_is_lost_is_sent_once() -> None:
    """The client must not repeat it: the service may have done it."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_nothing() -> None:
            while True:
                try:
                    peer = server.accept()[0]
                except OSError:
                    return
                with peer:
                    received.append(peer.recv(65536))

        thread = threading.Thread(target=answer_nothing, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        connection: Any = SimpleNamespace(
            network=Adapter(Session(NoAuth()), endpoint_override=url, connect_retries=3)
        )
        with pytest.raises(AnswerLostError, match="Run the playbook again"):
            Cloud(connection).post("network", "/networks", {"network": {}})
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert [data.split(b" ")[0] for data in received] == [b"POST"]
