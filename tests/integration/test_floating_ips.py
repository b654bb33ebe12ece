"""Floating IPs move with the ports of servers, from a member's project to another's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.sandbox.cloud import Cloud
from tests.integration.api import Api
from tests.integration.journey import Workplace, expect_no_writes, read_new_ids
from tests.integration.tenants import Tenant, make_project, make_qcow2


def build_tenant(tenant: Tenant, scratch: Path) -> None:
    """Fill a project with a server whose second address has a floating IP with text and a tag."""
    tenant.add_image("image", make_qcow2(scratch, "image"), disk_format="qcow2")
    tenant.add("network", "network")
    tenant.add("subnet", "subnet", network_id=tenant["network"], ip_version=4, cidr="10.1.0.0/24")
    public = tenant.find_network("public")
    tenant.add("router", "router", external_gateway_info={"network_id": public})
    tenant.join("router", subnet_id=tenant["subnet"])
    addresses = [
        {"subnet_id": tenant["subnet"], "ip_address": address}
        for address in ("10.1.0.17", "10.1.0.18")
    ]
    tenant.add("port", "port", network_id=tenant["network"], fixed_ips=addresses)
    tenant.add_server("server", "m1.tiny", ["port"], imageRef=tenant["image"])
    tenant.ids["address"] = tenant.api.create(
        "floating ip",
        floating_network_id=public,
        port_id=tenant["port"],
        fixed_ip_address="10.1.0.18",
        description="the {{ front }} door",
    )["id"]
    tenant.api.put("floating ip", tenant["address"], "/tags", tags=["blue"])
    tenant.wait("server", "ACTIVE", "server")


@pytest.mark.parametrize("is_chosen", [False, True])
def test_a_floating_ip_moves(is_chosen: bool, clouds: tuple[Cloud, Cloud], tmp_path: Path) -> None:
    """It comes to the very address of its port, new or as chosen; a second run writes nothing.

    What was allocated before keeps its own description and tags.
    """
    tenant = Tenant(make_project(clouds[0], "floating"), tmp_path)
    build_tenant(tenant, tmp_path)
    destination = make_project(clouds[1], "floating")
    api = Api(destination)
    place = Workplace(tmp_path / "place", tenant.project, destination)
    resources = place.select(servers=[{"id": tenant["server"], "save_state": False}])
    place.call("export", resources, "bundle").expect(0)
    bundle = place.directory / "bundle"
    allocated: dict[str, Any] = {}
    if is_chosen:
        public = Tenant(destination, tmp_path).find_network("public")
        allocated = api.create("floating ip", floating_network_id=public, description="mine")
        path = bundle / "destination.yml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        (key,) = document["floating_ips"]
        document["floating_ips"][key] = allocated["floating_ip_address"]
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
    place.play(bundle).expect(0)
    new_ids = read_new_ids(bundle)
    (found,) = api.list_all("floating ip")
    assert found["id"] == new_ids["floating ip", tenant["address"]]
    assert found["port_id"] == new_ids["port", tenant["port"]]
    assert found["fixed_ip_address"] == "10.1.0.18"
    if is_chosen:
        assert (found["id"], found["description"]) == (allocated["id"], "mine")
        assert found["tags"] == []
    else:
        assert found["description"] == "the {{ front }} door"
        assert set(found["tags"]) == {"blue", f"downpour:{tenant['address']}"}
    with expect_no_writes(destination):
        assert place.play(bundle).expect(0).recap["changed"] == 0
    destination.release_disks()
