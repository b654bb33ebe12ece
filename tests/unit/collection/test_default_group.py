"""The project's own default group, which gets the source's rules without hurting others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud
from ansible_collections.downpour.cloud.plugins.plugin_utils.record import Record
from ansible_collections.downpour.cloud.plugins.plugin_utils.row import Row
from ansible_collections.downpour.cloud.plugins.plugin_utils.run import run_module
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES

from tests.fake_cloud import FakeCloud

RULE = {"direction": "egress", "ethertype": "IPv4", "protocol": "tcp"}


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    """A project as it is born, with a network."""
    with FakeCloud() as cloud:
        cloud.make("networks", name="net")
        yield cloud


def run_rules(cloud: FakeCloud, directory: Path) -> tuple[dict[str, Any], list[str]]:
    """Give the default group one rule; return the result, and the protocols of its rules."""
    (group_id,) = (
        item["id"] for item in cloud.find_own("security-groups") if item["name"] == "default"
    )
    given = {"old_id": "old", "name": "default", "security_group": group_id, "rules": [RULE]}
    result = run_module(
        MODULES["security_group_rules"],
        given,
        open_cloud=lambda name: Cloud(cloud.make_connection()),
        directory=directory,
        is_check_mode=False,
        announce=lambda text: None,
    )
    rules = cloud.find_own("security-group-rules")
    return result, [rule["protocol"] for rule in rules if rule["security_group_id"] == group_id]


def make_port(cloud: FakeCloud) -> str:
    """Make a port in the default group; return its id."""
    (network,) = cloud.find_own("networks")
    return str(cloud.make("ports", network_id=network["id"])["id"])


def test_rules_of_nobody_go(cloud: FakeCloud, tmp_path: Path) -> None:
    """Where only imported ports are in the group, its rules become exactly the source's."""
    Record(tmp_path / "uuids.csv").write_row(Row("port", "", "old", make_port(cloud)))
    result, protocols = run_rules(cloud, tmp_path)
    assert protocols == ["tcp"]
    assert "warnings" not in result


def test_rules_that_others_rely_on_stay(cloud: FakeCloud, tmp_path: Path) -> None:
    """Where other ports are in the group, nothing is taken from them, and that is told."""
    port = make_port(cloud)
    result, protocols = run_rules(cloud, tmp_path)
    assert len(protocols) > 1
    assert "tcp" in protocols
    (warning,) = result["warnings"]
    assert port in warning
