"""What destination.yml names, found by id or by exact name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import ApiError
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES, SECTIONS

from tests.unit.collection.recorder import Answer, Recorder
from tests.unit.collection.test_run import run

DESTINATION = MODULES["destination"]
MISSING = ApiError("GET", "not found", "", 404)


def make_cloud(**answers: Answer) -> Recorder:
    """Return a cloud with two flavors, three networks, one image and zones of two services."""
    networks = [("1", "public"), ("2", "twin"), ("3", "twin")]
    compute_zones = {"availabilityZoneInfo": [{"zoneName": "nova"}]}
    known: dict[str, Answer] = {
        "GET /flavors": {"flavors": [{"id": "42", "name": "m1.tiny"}, {"id": "7", "name": "x"}]},
        "GET /networks": {"networks": [{"id": key, "name": name} for key, name in networks]},
        "GET /images": {"images": [{"id": "i", "name": None}]},
        "GET /images/hidden": {"id": "hidden", "name": "old"},
        "GET /images/None": MISSING,
        "GET /os-availability-zone": compute_zones,
        "GET /availability_zones": MISSING,
    }
    return Recorder(known | answers)


def test_entries_become_ids(tmp_path: Path) -> None:
    """By name or by id, null stays null; only what is named is listed."""
    given: dict[str, Any] = {
        "flavors": {"tiny": "m1.tiny", "x": "7", "none": None},
        "images": {"hidden": "hidden", "upload": None},
        "availability_zones": {"zone": "nova", "any": None},
        "volume_types": {"default": None},
    }
    cloud = make_cloud()
    assert run(DESTINATION, given, cloud, tmp_path) == {
        "changed": False,
        **{section.name: {} for section in SECTIONS},
        "flavors": {"tiny": "42", "x": "7", "none": None},
        "images": {"hidden": "hidden", "upload": None},
        "volume_types": {"default": None},
        "availability_zones": {"zone": "nova", "any": None},
    }
    assert [what for what, _ in cloud.sent] == [
        "GET /flavors",
        "GET /images",
        "GET /images/hidden",
        "GET /os-availability-zone",
        "GET /os-availability-zone",
        "GET /availability_zones",
    ]


def test_all_that_does_not_fit_is_told_at_once(tmp_path: Path) -> None:
    """With what the destination has instead; a nameless image is not one that is called None."""
    given = {
        "flavors": {"big": "m1.big"},
        "networks": {"twin": "twin"},
        "images": {"none": "None"},
        "availability_zones": {"zone": "mars"},
    }
    message = run(DESTINATION, given, make_cloud(), tmp_path)["msg"]
    assert message.startswith("destination.yml: 4 entries do not fit the destination: ")
    for said in (
        "flavors.big: there is no flavor 'm1.big', but m1.tiny, x",
        "networks.twin: 2 networks are named 'twin', give the id of one: 2, 3",
        "images.none: there is no image 'None', but None",
        "availability_zones.zone: there is no availability zone 'mars', but nova",
        "Edit destination.yml",
    ):
        assert said in message


def test_a_refused_listing_is_a_failure_where_it_is_needed(tmp_path: Path) -> None:
    """Only zones may be missing: not every service has some."""
    cloud = make_cloud(**{"GET /flavors": MISSING})
    assert run(DESTINATION, {"flavors": {"a": "b"}}, cloud, tmp_path)["failed"]
    fault = ApiError("GET", "broken", "", 500)
    cloud = make_cloud(**{"GET /availability_zones": fault})
    assert run(DESTINATION, {"availability_zones": {"a": "nova"}}, cloud, tmp_path)["failed"]


def test_the_services_are_those_of_the_sections() -> None:
    """The preload callback logs in to them."""
    assert DESTINATION.services == ("compute", "network", "image", "block_storage")
