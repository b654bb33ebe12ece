"""The cloud that tests talk to does what it promises."""

from __future__ import annotations

from collections.abc import Iterator

import openstack.connection
import pytest

from tests.fake_cloud import FakeCloud


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    """A fresh cloud of the newest release."""
    with FakeCloud() as cloud:
        yield cloud


@pytest.fixture
def connection(cloud: FakeCloud) -> openstack.connection.Connection:
    """A connection of the SDK to it."""
    return cloud.make_connection()


def test_the_sdk_logs_in_and_makes_a_network(
    cloud: FakeCloud, connection: openstack.connection.Connection
) -> None:
    """The real SDK finds its way through the catalog, and what it made is there."""
    network = connection.network.create_network(name="net")
    assert connection.session.get_project_id() == cloud.project_id
    assert cloud.read("networks", network.id)["name"] == "net"
    assert [str(entry) for entry in cloud.writes()] == ["POST network /networks 201"]
