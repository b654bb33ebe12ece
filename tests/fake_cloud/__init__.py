"""A cloud for tests: real sockets, real HTTP, in the process of the test.

    with FakeCloud(QUEENS) as cloud:
        image_id = cloud.put_image(b"bytes", name="an image")
        cloud.script(match("GET", "image", "/images/[^/]+/file"), cut(after_bytes=2))
        cloud.slow_down("volumes.create", reads=2, end={"status": "error"})
        connection = cloud.make_connection()

It stands in for what the sandbox cannot do: old releases, faults, thousands of resources.
``tests/integration/test_fake_cloud.py`` compares it with real services.
"""

from tests.fake_cloud.cloud import Entry, FakeCloud
from tests.fake_cloud.fill import Size, fill_project
from tests.fake_cloud.release import NEWEST, QUEENS, Release
from tests.fake_cloud.scripts import (
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
from tests.fake_cloud.state import OTHER_PROJECT_ID

__all__ = [
    "NEWEST",
    "OTHER_PROJECT_ID",
    "QUEENS",
    "Entry",
    "FakeCloud",
    "Release",
    "Size",
    "call",
    "corrupt",
    "cut",
    "delay",
    "fill_project",
    "lose_answer",
    "lose_request",
    "match",
    "match_writes",
    "refuse",
    "reply",
]
