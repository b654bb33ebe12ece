"""Server groups move with their servers, from a member's project to another's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from demo.sandbox.cloud import Cloud
from tests.integration.api import Api
from tests.integration.journey import Workplace, expect_no_writes, read_new_ids
from tests.integration.tenants import Tenant, make_project, make_qcow2

_MICROVERSION = "2.64"


def list_groups(api: Api) -> list[dict[str, Any]]:
    """Return the server groups of a project."""
    answer = api.send("server", "GET", "/os-server-groups", microversion=_MICROVERSION)
    return list(answer["server_groups"])


def test_a_server_group_moves(clouds: tuple[Cloud, Cloud], tmp_path: Path) -> None:
    """Policy and rules are the source's, the servers members; neither a second run, nor one that
    lost its record, makes a twin, though another group has the same name.
    """
    facts: dict[str, Any] = {"policy": "anti-affinity", "rules": {"max_server_per_host": 3}}
    tenant = Tenant(make_project(clouds[0], "grouped"), tmp_path)
    body = {"server_group": {"name": "apart", **facts}}
    group = tenant.api.send(
        "server", "POST", "/os-server-groups", json=body, microversion=_MICROVERSION
    )["server_group"]
    tenant.add_image("image", make_qcow2(tmp_path, "image"), disk_format="qcow2")
    for label in ("one", "two"):
        server = {
            "name": label,
            "flavorRef": tenant.find_flavor("m1.tiny"),
            "imageRef": tenant["image"],
            "networks": "none",
        }
        request = {"server": server, "os:scheduler_hints": {"group": group["id"]}}
        answer = tenant.api.send("server", "POST", "/servers", json=request)
        tenant.ids[label] = answer["server"]["id"]
    tenant.wait("server", "ACTIVE", "one", "two")
    destination = make_project(clouds[1], "grouped")
    api = Api(destination)
    twin = {"server_group": {"name": "apart", "policies": ["affinity"]}}
    existing = api.send("server", "POST", "/os-server-groups", json=twin, microversion="2.15")
    place = Workplace(tmp_path / "place", tenant.project, destination)
    servers = [{"id": tenant[label], "save_state": False} for label in ("one", "two")]
    place.call("export", place.select(servers=servers), "bundle").expect(0)
    bundle = place.directory / "bundle"
    place.play(bundle).expect(0)
    new_ids = read_new_ids(bundle)
    groups = {item["id"]: item for item in list_groups(api)}
    assert groups.pop(existing["server_group"]["id"])["members"] == []
    ((new_id, found),) = groups.items()
    assert new_id == new_ids["server group", group["id"]]
    assert (found["name"], found["policy"]) == ("apart", facts["policy"])
    assert found["rules"] == facts["rules"]
    assert set(found["members"]) == {new_ids["server", tenant[label]] for label in ("one", "two")}
    with expect_no_writes(destination):
        assert place.play(bundle).expect(0).recap["changed"] == 0
        (bundle / "uuids.csv").unlink()
        place.play(bundle).expect(0)
    assert read_new_ids(bundle) == new_ids
    destination.release_disks()
