"""Servers: the order of their ports and volumes, and what of them is told."""

from __future__ import annotations

from typing import Any

import pytest

from downpour.resources.model import DestinationValue, Options, Reference
from downpour.resources.server import (
    choose_flavor,
    get_root_volume,
    list_ports,
    list_volumes,
)
from tests.unit.tenant import Tenant


def build(tenant: Tenant, server: str, options: Options | None = None) -> dict[str, Any]:
    """Return the arguments of a server's task in a bundle of that server."""
    return tenant.describe("server", server, options)[0]


def test_ports_in_the_order_of_the_network_cards() -> None:
    """Ports come as nova lists the addresses, whatever neutron's order and the names are."""
    tenant = Tenant()
    macs = [f"fa:16:3e:00:00:0{number}" for number in range(4)]
    server = tenant.add_server(
        "web",
        tenant.add("image"),
        addresses={
            "z": [
                {"addr": "10.0.0.1", "OS-EXT-IPS-MAC:mac_addr": macs[2]},
                {"addr": "10.0.0.2", "OS-EXT-IPS-MAC:mac_addr": macs[0]},
            ],
            "a": [{"addr": "10.0.1.1", "OS-EXT-IPS-MAC:mac_addr": macs[1]}],
        },
    )
    ports = {mac: tenant.add("port", mac_address=mac, device_id=server) for mac in macs}
    tenant.add("port", mac_address="fa:16:3e:00:00:99", device_id="another server")
    listed = list_ports(tenant.get("server", server), tenant.inventory())
    # The one without an address comes last.
    assert [port.id for port in listed] == [ports[macs[n]] for n in (2, 0, 1, 3)]


def test_ports_that_nova_does_not_list() -> None:
    """Ports without addresses come in the order of their making, then of their ids."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"))
    late, early = (
        tenant.add("port", device_id=server, created_at=f"2026-01-0{day}") for day in (2, 1)
    )
    listed = list_ports(tenant.get("server", server), tenant.inventory())
    assert [port.id for port in listed] == [early, late]


def test_volumes_in_the_order_of_their_devices() -> None:
    """Device names are ordered as the kernel counts: vdz comes before vdaa."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"))
    volumes = {
        device: tenant.add_attached_volume(server, device=f"/dev/{device}")
        for device in ("vdaa", "vdc", "vdz", "vdb")
    }
    listed = list_volumes(tenant.get("server", server), tenant.inventory())
    assert [volume.id for volume in listed] == [
        volumes[device] for device in ("vdb", "vdc", "vdz", "vdaa")
    ]


def test_the_root_volume() -> None:
    """The first volume is the root of a server without an image, and of no other."""
    tenant = Tenant()
    boots_from_volume, boots_from_image = (
        tenant.add_server("a"),
        tenant.add_server("b", tenant.add("image")),
    )
    tenant.add_attached_volume(boots_from_volume, device="/dev/vdb")
    root = tenant.add_attached_volume(boots_from_volume, device="/dev/vda")
    tenant.add_attached_volume(boots_from_image, device="/dev/vdb")
    inventory = tenant.inventory()
    found = get_root_volume(tenant.get("server", boots_from_volume), inventory)
    assert found is not None
    assert found.id == root
    assert get_root_volume(tenant.get("server", boots_from_image), inventory) is None


def test_volumes_are_attached_as_in_the_source() -> None:
    """The order, the root's boot index and who deletes what are carried; devices are not named."""
    tenant = Tenant()
    server = tenant.add_server("boot")
    root = tenant.add_attached_volume(server, device="/dev/vda")
    data = tenant.add_attached_volume(server, device="/dev/vdb")
    tenant.listings["compute.servers"][0]["os-extended-volumes:volumes_attached"] = [
        {"id": data},
        {"id": root, "delete_on_termination": True},
    ]
    arguments = build(tenant, server)
    assert arguments["volumes"] == [
        {"volume": Reference("volume", root), "delete_on_termination": True, "boot_index": 0},
        {"volume": Reference("volume", data)},
    ]
    assert "image" not in arguments


@pytest.mark.parametrize(
    ("own", "asked", "expected"),
    [
        (None, None, None),
        ("own", None, Reference("keypair", "own")),
        ("own", "asked", Reference("keypair", "asked")),
        (None, "asked", Reference("keypair", "asked")),
        ("own", "elsewhere", "elsewhere"),
        ("deleted", None, "deleted"),
    ],
)
def test_keypairs(own: str | None, asked: str | None, expected: object) -> None:
    """The file's key_name wins; a keypair that is not in the source is expected over there."""
    tenant = Tenant()
    tenant.add("keypair", "own")
    tenant.add("keypair", "asked")
    server = tenant.add_server("web", tenant.add("image"), key_name=own)
    assert build(tenant, server, Options(key_name=asked)).get("key_name") == expected


@pytest.mark.parametrize(
    ("flavor", "facts"),
    [
        (
            {"original_name": "m1", "vcpus": 2, "ram": 64, "disk": 3},
            "2 vCPU, 64 MiB RAM, 3 GiB disk",
        ),
        ({"id": "flavor-id", "vcpus": 0, "ram": 0}, "4 vCPU, 512 MiB RAM, 0 GiB disk"),
        ({"id": "flavor-id"}, "4 vCPU, 512 MiB RAM, 0 GiB disk"),
    ],
    ids=["since API 2.47", "before, by the SDK", "before"],
)
def test_flavors(flavor: dict[str, Any], facts: str) -> None:
    """The choice of a flavor has its name and its size, from the server or from the listing."""
    tenant = Tenant()
    tenant.listings["compute.flavors"].append(
        {"id": "flavor-id", "name": "m1", "vcpus": 4, "ram": 512, "disk": 0}
    )
    server = tenant.get("server", tenant.add("server", "web", flavor=flavor))
    chosen = choose_flavor(server, tenant.inventory())
    assert chosen == DestinationValue("flavors", "m1", "m1", facts, "m1")


@pytest.mark.parametrize("status", ["ACTIVE", "SHUTOFF", "PAUSED"])
def test_only_stopped_servers_are_stopped(status: str) -> None:
    """A server that was off is stopped again; one that was paused runs."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"), status=status)
    assert build(tenant, server).get("is_stopped", False) is (status == "SHUTOFF")


@pytest.mark.parametrize(("value", "is_set"), [("True", True), (True, True), ("", False)])
def test_config_drive(value: object, is_set: bool) -> None:
    """Nova's text ``"True"`` is true, its empty text is not."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"), config_drive=value)
    assert build(tenant, server).get("config_drive", False) is is_set


def test_what_is_told_of_a_server() -> None:
    """Local disks and invisible volumes are told as left out."""
    tenant = Tenant()
    server = tenant.add_server(
        "web",
        tenant.add("image"),
        flavor={"original_name": "m1", "ephemeral": 5},
        **{
            "os-extended-volumes:volumes_attached": [{"id": "invisible"}],
            "locked": True,
            "OS-SCH-HNT:scheduler_hints": {"group": "x", "same_host": ["y"]},
            "OS-EXT-SRV-ATTR:user_data": "x",
        },
    )
    _, told = tenant.describe("server", server)
    omissions = " | ".join(told.omissions)
    for part in ("ephemeral", "hints (same_host)", "volume invisible", "locked"):
        assert part in omissions
    assert told.notes == []


def test_user_data_is_not_readable() -> None:
    """A tenant cannot read user data, so every server says that it may have had some."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"))
    _, told = tenant.describe("server", server)
    assert told.omissions == []
    (reason,) = told.notes
    assert "user data cannot be read" in reason


@pytest.mark.parametrize("members", ["members", "member_ids"])
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"policy": "anti-affinity", "rules": {"max_server_per_host": 2}}, "anti-affinity"),
        ({"policy": None, "policies": ["soft-affinity"], "rules": None}, "soft-affinity"),
    ],
    ids=["since API 2.64", "before"],
)
def test_server_groups(policy: dict[str, Any], expected: str, members: str) -> None:
    """A server brings its group, of either form, and is created as a member of the new one."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"))
    others: dict[str, Any] = {members: ["another"]}
    tenant.add("server group", "other", **others)
    own: dict[str, Any] = {"members": [], members: [server]}
    group = tenant.add("server group", "apart", **own, **policy)
    plan = tenant.plan(("server", server))
    tasks = {task.module: task.arguments for task in plan.tasks}
    assert tasks["server_group"]["old_id"] == group
    assert tasks["server_group"]["policy"] == expected
    assert tasks["server_group"].get("rules") == policy["rules"]
    assert tasks["server"]["server_group"] == Reference("server group", group)
    assert not plan.has_omissions
