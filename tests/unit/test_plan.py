"""What is captured by which route, and what is left behind."""

from __future__ import annotations

from typing import Any

import pytest

from downpour.plan import Plan
from downpour.resources.captures import GIB, Route
from downpour.resources.model import Key, Options, Severity
from tests.unit.tenant import OTHER_PROJECT, Tenant


def list_captures(plan: Plan) -> list[tuple[Key, Route, int]]:
    """Return what is captured, how, and how many bytes that can be."""
    return [(item.resource.key, item.route, item.size_bytes) for item in plan.captures]


def list_findings(plan: Plan, severity: Severity) -> list[tuple[str, str]]:
    """Return ``(id, reason)`` of the findings of one severity."""
    return [(item.id, item.reason) for item in plan.findings if item.severity is severity]


def list_omissions(plan: Plan) -> list[tuple[str, str]]:
    """Return ``(id, reason)`` of what is left behind; whether there is any is the exit status."""
    omissions = list_findings(plan, Severity.OMISSION)
    assert plan.has_omissions == bool(omissions)
    return omissions


def list_ids(plan: Plan, type_name: str) -> list[str]:
    """Return the ids of the carried resources of a type."""
    return [resource.id for resource in plan.resources if resource.type == type_name]


UNSAVED = Options(is_state_saved=False)


def test_an_image_is_downloaded() -> None:
    """An image has its exact size and needs nothing in the source."""
    tenant = Tenant()
    image = ("image", tenant.add("image", "base", size=12345))
    assert list_captures(tenant.plan(image)) == [(image, Route.DOWNLOAD, 12345)]


def test_a_server_from_an_image_is_snapshotted() -> None:
    """The root disk comes by a snapshot image; the base image does not come too."""
    tenant = Tenant()
    server = ("server", tenant.add_server("web", tenant.add("image", size=5)))
    plan = tenant.plan(server)
    assert list_captures(plan) == [(server, Route.SERVER_SNAPSHOT, GIB)]
    assert list_ids(plan, "image") == []


def test_a_server_without_its_state_takes_its_image() -> None:
    """``save_state: false`` exports the base image and leaves the server alone."""
    tenant = Tenant()
    image = ("image", tenant.add("image", "base", size=5))
    server = ("server", tenant.add_server("web", image[1]))
    plan = tenant.plan(server, options={server: UNSAVED})
    assert list_captures(plan) == [(image, Route.DOWNLOAD, 5)]


def test_a_detached_volume_is_uploaded() -> None:
    """A volume that is in no use becomes an image without a copy."""
    tenant = Tenant()
    volume = ("volume", tenant.add("volume", "data", size=3))
    assert list_captures(tenant.plan(volume)) == [(volume, Route.VOLUME_UPLOAD, 3 * GIB)]


def test_an_attached_volume_is_snapshotted() -> None:
    """A volume in use is snapshotted, copied and uploaded."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"))
    volume = ("volume", tenant.add_attached_volume(server, size=2))
    assert list_captures(tenant.plan(volume)) == [(volume, Route.VOLUME_SNAPSHOT, 2 * GIB)]


def test_a_server_from_a_volume_is_its_volume() -> None:
    """Nova's own snapshot of such a server has no bytes: its volume is captured, not the server."""
    tenant = Tenant()
    server = ("server", tenant.add_server("boot"))
    volume = ("volume", tenant.add_attached_volume(server[1], "root", "/dev/vda"))
    plan = tenant.plan(server)
    assert list_captures(plan) == [(volume, Route.VOLUME_SNAPSHOT, GIB)]
    assert list_ids(plan, "server") == [server[1]]


def test_an_empty_volume_is_carried_without_bytes() -> None:
    """``save_state: false`` of a volume takes its shape only."""
    tenant = Tenant()
    volume = ("volume", tenant.add("volume", "data"))
    plan = tenant.plan(volume, options={volume: UNSAVED})
    assert list_captures(plan) == []
    assert list_ids(plan, "volume") == [volume[1]]
    assert list_omissions(plan) == []


def test_what_belongs_together_is_frozen_together() -> None:
    """A server and its volumes are one group; others are groups of their own."""
    tenant = Tenant()
    image = tenant.add("image")
    servers = [tenant.add_server(name, image) for name in ("a", "b")]
    for server in servers:
        for device in ("/dev/vdb", "/dev/vdc"):
            tenant.add_attached_volume(server, device=device)
    lone = tenant.add("volume")
    plan = tenant.plan(*(("server", server) for server in servers), ("volume", lone))
    groups: dict[str, int] = {}
    for capture in plan.captures:
        groups[capture.group] = groups.get(capture.group, 0) + 1
    assert groups == {servers[0]: 3, servers[1]: 3, lone: 1}


@pytest.mark.parametrize(
    ("disk_gib", "image", "expected"),
    [
        (4, {"size": 10}, 4 * GIB),
        (0, {"size": 10}, 10),
        (0, {"size": 10, "virtual_size": 5 * GIB}, 5 * GIB),
        (1, {"size": 10, "virtual_size": 5 * GIB}, 5 * GIB),
    ],
)
def test_the_size_of_a_root_disk(disk_gib: int, image: dict[str, Any], expected: int) -> None:
    """A root disk is as large as its flavor says, or its image where the flavor says nothing."""
    tenant = Tenant()
    flavor = {"original_name": "m1", "disk": disk_gib}
    server = tenant.add_server("web", tenant.add("image", **image), flavor=flavor)
    plan = tenant.plan(("server", server))
    assert plan.size_bytes == expected


def test_a_root_disk_whose_image_is_gone() -> None:
    """A server whose image was deleted long ago is snapshotted like any other."""
    tenant = Tenant()
    server = tenant.add_server("web", "00000000-gone")
    (capture,) = tenant.plan(("server", server)).captures
    assert (capture.route, capture.size_bytes) == (Route.SERVER_SNAPSHOT, GIB)


@pytest.mark.parametrize("status", ["queued", "saving", "deactivated", "killed", "importing"])
def test_images_that_are_not_active(status: str) -> None:
    """An image that cannot be downloaded is left out, and the reason is its status."""
    tenant = Tenant()
    image = tenant.add("image", "base", status=status)
    plan = tenant.plan(("image", image))
    assert plan.resources == ()
    assert list_omissions(plan) == [(image, f"cannot be carried: its status is {status}")]


@pytest.mark.parametrize("size", [0, None])
def test_images_without_bytes(size: int | None) -> None:
    """A zero-byte image (Nova's of a volume-booted server) is never taken for content."""
    tenant = Tenant()
    image = tenant.add("image", "snapshot", size=size)
    ((found, reason),) = list_omissions(tenant.plan(("image", image)))
    assert found == image
    assert "no bytes of its own" in reason
    assert "export that server" in reason


def test_encrypted_volumes() -> None:
    """The key stays behind, so the data cannot come; the shape can, if that is asked for."""
    tenant = Tenant()
    volume = ("volume", tenant.add("volume", "secret", encrypted=True))
    plan = tenant.plan(volume)
    assert plan.resources == ()
    ((_, reason),) = list_omissions(plan)
    assert "encrypted" in reason
    assert "save_state: false" in reason
    shape = tenant.plan(volume, options={volume: UNSAVED})
    assert list_ids(shape, "volume") == [volume[1]]
    assert list_omissions(shape) == []


@pytest.mark.parametrize(
    "status", ["creating", "error", "error_deleting", "deleting", "reserved", "maintenance"]
)
def test_volumes_in_a_bad_state(status: str) -> None:
    """A volume that cannot be read now is left out, and the reason is its status."""
    tenant = Tenant()
    volume = tenant.add("volume", "data", status=status)
    plan = tenant.plan(("volume", volume))
    assert plan.resources == ()
    assert list_omissions(plan) == [(volume, f"cannot be carried: its status is {status}")]


@pytest.mark.parametrize("status", ["ACTIVE", "PAUSED", "SHUTOFF", "SUSPENDED"])
def test_servers_that_can_be_snapshotted(status: str) -> None:
    """Nova snapshots servers in these states."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"), status=status)
    assert list_omissions(tenant.plan(("server", server))) == []


@pytest.mark.parametrize("status", ["BUILD", "ERROR", "UNKNOWN", "SOFT_DELETED"])
@pytest.mark.parametrize("options", [Options(), UNSAVED])
@pytest.mark.parametrize("has_image", [True, False])
def test_broken_servers(status: str, options: Options, has_image: bool) -> None:
    """A broken server is left out with all its ports, whatever was asked for."""
    tenant = Tenant()
    network = tenant.add("network")
    server = ("server", tenant.add_server("web", tenant.add("image"), status=status))
    if not has_image:
        server = ("server", tenant.add_server("web", status=status))
        tenant.add_attached_volume(server[1], device="/dev/vda")
    port = tenant.add("port", device_id=server[1], network_id=network)
    plan = tenant.plan(server, options={server: options})
    assert list_ids(plan, "server") == list_ids(plan, "port") == []
    assert list_omissions(plan) == [
        (port, f'is left out with its server "web" ({server[1]})'),
        (server[1], f"cannot be carried: its status is {status}"),
    ]


@pytest.mark.parametrize(
    ("status", "task"), [("RESCUE", None), ("SHELVED_OFFLOADED", None), ("ACTIVE", "migrating")]
)
def test_servers_that_cannot_be_snapshotted_now(status: str, task: str | None) -> None:
    """A server in a state without snapshots is left out, but its shape can be carried."""
    tenant = Tenant()
    server = (
        "server",
        tenant.add_server(
            "web", tenant.add("image"), status=status, **{"OS-EXT-STS:task_state": task}
        ),
    )
    ((_, reason),) = list_omissions(tenant.plan(server))
    assert f"status {status} (task {task})" in reason
    assert list_omissions(tenant.plan(server, options={server: UNSAVED})) == []


@pytest.mark.parametrize("image", [None, {"status": "deactivated"}, {"size": 0}])
def test_servers_without_state_need_their_image(image: dict[str, Any] | None) -> None:
    """Without its state a server cannot be made of an image that cannot come."""
    tenant = Tenant()
    image_id = "gone" if image is None else tenant.add("image", "base", **image)
    server = ("server", tenant.add_server("web", image_id))
    plan = tenant.plan(server, options={server: UNSAVED})
    assert list_ids(plan, "server") == []
    assert (
        server[1],
        f"cannot be carried: its image {image_id} cannot be; save its state instead",
    ) in list_omissions(plan)


@pytest.mark.parametrize(
    ("volume", "reason"),
    [
        ({"encrypted": True}, "cannot be carried: its root volume"),
        ({"status": "error"}, "cannot be carried: its root volume"),
    ],
)
def test_servers_need_their_root_volume(volume: dict[str, Any], reason: str) -> None:
    """A server whose root volume stays behind stays behind, and both are told."""
    tenant = Tenant()
    server = tenant.add_server("boot")
    root = tenant.add_attached_volume(server, "root", "/dev/vda")
    tenant.listings["block_storage.volumes"][0].update(volume)
    plan = tenant.plan(("server", server))
    assert plan.resources == ()
    omissions = dict(list_omissions(plan))
    assert set(omissions) == {server, root}
    assert omissions[server].startswith(reason)


def test_a_root_volume_without_its_state() -> None:
    """A root volume that would be empty makes no server that boots."""
    tenant = Tenant()
    server = ("server", tenant.add_server("boot"))
    root = ("volume", tenant.add_attached_volume(server[1], "root", "/dev/vda"))
    plan = tenant.plan(server, root, options={root: UNSAVED})
    assert list_ids(plan, "server") == []
    ((found, reason),) = list_omissions(plan)
    assert found == server[1]
    assert "would be empty" in reason


def test_a_server_without_any_root() -> None:
    """A server of which neither image nor volume is visible is left out."""
    tenant = Tenant()
    server = tenant.add_server("boot")
    ((found, reason),) = list_omissions(tenant.plan(("server", server)))
    assert (found, "neither its image nor its root volume" in reason) == (server, True)


def test_a_lost_data_volume_does_not_lose_the_server() -> None:
    """The server is made without the volume, and that is an omission of both."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"))
    volume = tenant.add_attached_volume(server, "secret", encrypted=True)
    plan = tenant.plan(("server", server))
    assert list_ids(plan, "server") == [server]
    assert {found for found, _ in list_omissions(plan)} == {server, volume}
    assert (
        server,
        f'its volume "secret" ({volume}) is left out: it cannot be carried',
    ) in list_omissions(plan)


def test_findings_of_what_is_lost_are_not_told() -> None:
    """What would be lost of a resource that does not come at all is no news."""
    tenant = Tenant()
    image = tenant.add("image", "base", status="queued", kernel_id="gone")
    assert [reason for _, reason in list_omissions(tenant.plan(("image", image)))] == [
        "cannot be carried: its status is queued"
    ]


def test_notes_are_no_omissions() -> None:
    """What one should know does not make the exit status that of a loss."""
    tenant = Tenant()
    image = tenant.add("image", "base", owner=OTHER_PROJECT, visibility="public")
    server = ("server", tenant.add_server("web", image, key_name="gone"))
    plan = tenant.plan(server, options={server: UNSAVED})
    notes = dict(list_findings(plan, Severity.NOTE))
    assert not plan.has_omissions
    assert "made private" in notes[image]
    assert any("'gone' is not visible" in item.reason for item in plan.findings)


def test_the_setting_of_a_volume_booted_server() -> None:
    """``save_state: false`` of a server that boots from a volume is no error, but has no effect."""
    tenant = Tenant()
    server = ("server", tenant.add_server("boot"))
    volume = ("volume", tenant.add_attached_volume(server[1], "root", "/dev/vda"))
    plan = tenant.plan(server, options={server: UNSAVED})
    assert [capture.resource.key for capture in plan.captures] == [volume]
    assert any("setting of its own" in reason for _, reason in list_findings(plan, Severity.NOTE))


def test_the_order_of_findings() -> None:
    """Omissions come before notes, in the order of types, names and ids, each one once."""
    tenant = Tenant()
    volumes = [tenant.add("volume", name, encrypted=True) for name in ("b", "a", "a")]
    image = tenant.add("image", "x", visibility="public")
    plan = tenant.plan(*(("volume", volume) for volume in volumes), ("image", image))
    assert [finding.id for finding in plan.findings] == [
        volumes[1],
        volumes[2],
        volumes[0],
        image,
    ]


def test_finding_a_capture() -> None:
    """Each resource with bytes has its own capture, the others none."""
    tenant = Tenant()
    image, volume = tenant.add("image", "a"), tenant.add("volume", "b")
    plan = tenant.plan(("image", image), ("volume", volume), options={("volume", volume): UNSAVED})
    found = {item.id: plan.captures_by_key.get(item.key) for item in plan.resources}
    assert found == {image: plan.captures[0], volume: None}


def test_interfaces_in_subnets_that_stay_are_told() -> None:
    """A router comes without its interfaces in subnets that nothing carried uses, and says so."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"))
    router = tenant.add("router", "edge")
    for name, device in (("front", server), ("idle", "")):
        network = tenant.add("network", name)
        subnet = tenant.add("subnet", name, network_id=network, gateway_ip=f"{name}.1")
        tenant.add(
            "port",
            network_id=network,
            device_id=router,
            device_owner="network:router_interface",
            fixed_ips=[{"subnet_id": subnet, "ip_address": f"{name}.1"}],
        )
        if device:
            tenant.add("port", network_id=network, device_id=device)
    plan = tenant.plan(("server", server))
    assert list_omissions(plan) == []
    told = [
        reason for source_id, reason in list_findings(plan, Severity.NOTE) if source_id == router
    ]
    (reason,) = told
    assert reason.startswith('its interface idle.1 in subnet "idle"')
