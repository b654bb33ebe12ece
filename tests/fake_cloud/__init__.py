"""A cloud for tests: real sockets, real HTTP, in the process of the test."""

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
