"""The sandbox is as faithful as the other integration tests need it to be."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openstack
import pytest
from openstack.exceptions import ForbiddenException, HttpException

from demo.sandbox.disks import list_attached, open_image
from demo.sandbox.projects import Project

POLL_SECONDS = 0.1
PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0x+qMc8Fu+6Dt+95AAUrffs7lKsFA4hA9RZTxREEtL nobody"
)


def wait_until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds} s: {what}")
        time.sleep(POLL_SECONDS)


def wait_for_volume(project: Project, volume_id: str, status: str = "available") -> None:
    """Wait until a volume has a status, and fail at once if it has an error."""
    storage = project.connection.block_storage
    storage.wait_for_status(
        storage.get_volume(volume_id), status, failures=["error"], interval=POLL_SECONDS, wait=60
    )


def wait_for_server(project: Project, server_id: str, status: str = "ACTIVE") -> Any:
    """Wait until a server has a status, and return it."""
    compute = project.connection.compute
    return compute.wait_for_server(
        compute.get_server(server_id), status, interval=POLL_SECONDS, wait=60
    )


def wait_for_image(project: Project, image_id: str) -> Any:
    """Wait until an image is active, and return it."""
    image = project.connection.image
    return image.wait_for_status(
        image.get_image(image_id), "active", ["killed"], interval=POLL_SECONDS, wait=60
    )


def create_volume(project: Project, **arguments: Any) -> str:
    """Create a volume of 1 GiB, or as the arguments say, and return its id."""
    arguments = {"size": 1, **arguments}
    volume_id = str(project.connection.block_storage.create_volume(**arguments).id)
    wait_for_volume(project, volume_id)
    return volume_id


def create_server(project: Project, **body: Any) -> str:
    """Create a server without a network from a body of the API, and return its id."""
    compute = project.connection.compute
    flavor = compute.find_flavor(body.pop("flavor", "m1.tiny"), ignore_missing=False)
    body = {"name": "s", "flavorRef": flavor.id, "networks": "none", **body}
    response = compute.post("/servers", json={"server": body}, microversion="2.79")
    openstack.exceptions.raise_from_response(response)
    server_id = str(response.json()["server"]["id"])
    wait_for_server(project, server_id)
    return server_id


def upload_image(project: Project, path: Path, name: str, disk_format: str = "raw") -> str:
    """Upload a file and return the image's id."""
    image = project.connection.image.create_image(
        name, filename=str(path), disk_format=disk_format, container_format="bare"
    )
    return str(wait_for_image(project, image.id).id)


@pytest.fixture
def image_file(tmp_path: Path) -> Path:
    """A raw disk of 64 MiB, most of it a hole."""
    path = tmp_path / "image.raw"
    with path.open("wb") as file:
        file.write(bytes(range(256)) * 4096)
        file.truncate(64 << 20)
    return path


def convert_to_raw(path: Path, disk_format: str) -> Path:
    """Convert a disk of any format to a raw one beside it."""
    raw = path.with_name(f"{path.name}.raw")
    subprocess.run(["qemu-img", "convert", "-f", disk_format, "-O", "raw", path, raw], check=True)
    return raw


def test_groups_get_default_rules(source: Project) -> None:
    """A new group has two egress rules, a project's default group two ingress rules more."""
    network = source.connection.network
    group = network.create_security_group(name="new")
    rules = {
        (rule.security_group_id == group.id, rule.direction, rule.ether_type, rule.remote_group_id)
        for rule in network.security_group_rules()
    }
    (default,) = network.security_groups(name="default")
    assert rules == {
        (True, "egress", "IPv4", None),
        (True, "egress", "IPv6", None),
        (False, "egress", "IPv4", None),
        (False, "egress", "IPv6", None),
        (False, "ingress", "IPv4", default.id),
        (False, "ingress", "IPv6", default.id),
    }
    assert len(list(network.security_group_rules())) == 6


def test_reads_and_writes_are_counted(source: Project, image_file: Path) -> None:
    """Each request of the user counts once as what it is, for every service; logins do not."""
    mark = source.mark_requests()
    connection = source.connection
    network = connection.network.create_network(name="n")
    connection.network.update_network(network, description="d")
    connection.network.delete_network(network)
    image = connection.image.create_image(
        "i", filename=str(image_file), disk_format="raw", container_format="bare"
    )
    keypair = connection.compute.create_keypair(name="k", public_key=PUBLIC_KEY)
    volume = connection.block_storage.create_volume(size=1)
    writes = [
        (request.service, request.method, request.path, request.status)
        for request in source.list_requests(mark, writes=True)
    ]
    assert writes == [
        ("neutron", "POST", "/v2.0/networks", 201),
        ("neutron", "PUT", f"/v2.0/networks/{network.id}", 200),
        ("neutron", "DELETE", f"/v2.0/networks/{network.id}", 204),
        ("glance", "POST", "/v2/images", 201),
        ("glance", "PUT", f"/v2/images/{image.id}/file", 204),
        ("nova", "POST", "/v2.1/os-keypairs", 201),
        ("cinder", "POST", "/v3/volumes", 202),
    ]
    wait_for_volume(source, volume.id)
    mark = source.mark_requests()
    assert list(connection.network.networks(name="n")) == []
    assert [item.id for item in connection.image.images(owner=source.id)] == [image.id]
    assert [item.name for item in connection.compute.keypairs()] == [keypair.name]
    assert [item.id for item in connection.block_storage.volumes()] == [volume.id]
    with pytest.raises(HttpException):
        connection.network.get_network("no such network")
    assert source.count_requests(mark, writes=True) == 0
    assert source.count_requests(mark, writes=False, services=["neutron"]) == 2
    assert source.count_requests(mark, writes=False) == source.count_requests(mark) >= 5


def test_services_traffic_is_not_the_users(source: Project, image_file: Path) -> None:
    """What services ask each other for a user's sake is logged, but never counted as his."""
    image_id = upload_image(source, image_file, "i")
    network = source.connection.network.create_network(name="n")
    source.connection.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.0.0.0/24")
    mark = source.mark_requests()
    volume_id = create_volume(source, image_id=image_id)
    server_id = create_server(source, imageRef=image_id, networks=[{"uuid": network.id}])
    source.connection.compute.create_volume_attachment(server_id, volume_id=volume_id)
    wait_for_volume(source, volume_id, "in-use")
    source.connection.compute.create_server_image(server_id, "snapshot")
    (snapshot,) = source.connection.image.images(name="snapshot")
    wait_for_image(source, snapshot.id)
    new_id = create_volume(source)
    response = source.connection.block_storage.upload_volume_to_image(
        new_id, "uploaded", disk_format="qcow2", container_format="bare"
    )
    wait_for_image(source, response["image_id"])
    source.connection.compute.delete_server(server_id)
    wait_for_volume(source, volume_id)
    writes = [
        (request.service, request.method, request.path)
        for request in source.list_requests(mark, writes=True)
    ]
    assert writes == [
        ("cinder", "POST", "/v3/volumes"),
        ("nova", "POST", "/v2.1/servers"),
        ("nova", "POST", f"/v2.1/servers/{server_id}/os-volume_attachments"),
        ("nova", "POST", f"/v2.1/servers/{server_id}/action"),
        ("cinder", "POST", "/v3/volumes"),
        ("cinder", "POST", f"/v3/volumes/{new_id}/action"),
        ("nova", "DELETE", f"/v2.1/servers/{server_id}"),
    ]
    internal = {
        request.service
        for request in source.cloud.requests.select(mark, writes=True, has_internal=True)
        if request.is_internal
    }
    assert internal >= {"glance", "cinder", "neutron", "nova", "placement"}
    outsiders = source.cloud.requests.select(mark, writes=True)
    assert {request.user_name for request in outsiders if request.project_id == source.id} == {
        source.user_name
    }


def test_member_is_no_administrator(source: Project) -> None:
    """The project's user is refused what only an operator may do."""
    connection = source.connection
    with pytest.raises(ForbiddenException):
        list(connection.compute.hypervisors())
    with pytest.raises(ForbiddenException):
        connection.compute.create_flavor(name="f", vcpus=1, ram=1, disk=1)
    with pytest.raises(ForbiddenException):
        connection.network.create_network(name="n", is_router_external=True)
    with pytest.raises(ForbiddenException):
        connection.block_storage.create_type(name="t")
    with pytest.raises(ForbiddenException):
        list(connection.identity.users())
    authentication: Any = connection.session.auth
    token = authentication.get_access(connection.session)
    assert sorted(token.role_names) == ["member", "reader"]


def test_projects_see_nothing_of_each_other(source: Project, destination: Project) -> None:
    """A fresh project is empty but for its default group, and what it gets only it can see."""
    for project in (source, destination):
        network = project.connection.network
        assert [group.name for group in network.security_groups()] == ["default"]
        assert [found.name for found in network.networks()] == ["public"]
    source.connection.network.create_network(name="mine")
    assert destination.connection.network.find_network("mine") is None
    assert source.id != destination.id


def upload_volume(project: Project, volume_id: str, disk_format: str) -> Any:
    """Upload a volume to an image, and return that when both are ready."""
    answer = project.connection.block_storage.upload_volume_to_image(
        volume_id, f"as {disk_format}", disk_format=disk_format, container_format="bare"
    )
    image = wait_for_image(project, answer["image_id"])
    wait_for_volume(project, volume_id)
    assert image.disk_format == disk_format
    return image


def test_volume_bytes_travel(source: Project, destination: Project, tmp_path: Path) -> None:
    """A pattern written into a volume arrives in the other cloud, by way of an image."""
    volume_id = create_volume(source, volume_type="fast")
    disk = source.open_volume(volume_id)
    disk.write_pattern("travels")
    assert disk.has_pattern("travels")
    assert not disk.has_pattern("another")
    assert disk.size_bytes == 1 << 30
    assert disk.allocated_bytes < 2 << 20
    with disk.path.open("rb") as file:
        summed = subprocess.run(["sha256sum"], stdin=file, capture_output=True, check=True)
    assert summed.stdout == f"{disk.sha256()}  -\n".encode()
    image = upload_volume(source, volume_id, "qcow2")
    path = tmp_path / "image"
    source.connection.image.download_image(image, stream=True, output=str(path))
    new_image_id = upload_image(destination, path, "i", "qcow2")
    new_volume_id = create_volume(destination, image_id=new_image_id)
    new_disk = destination.open_volume(new_volume_id)
    assert new_disk.has_pattern("travels")
    assert new_disk.sha256() == disk.sha256()


def test_raw_volume_image_is_thin(source: Project) -> None:
    """A volume uploaded as raw has its very bytes in the image, whose zeros take no room."""
    volume_id = create_volume(source)
    disk = source.open_volume(volume_id)
    disk.write_pattern("raw")
    image = open_image(source.cloud, upload_volume(source, volume_id, "raw").id)
    assert image.sha256() == disk.sha256()
    assert image.allocated_bytes < 4 << 20


def test_server_bytes_travel(source: Project, image_file: Path, tmp_path: Path) -> None:
    """A pattern written into a running server's root disk is in the server's image."""
    server_id = create_server(source, imageRef=upload_image(source, image_file, "i"))
    disk = source.open_root_disk(server_id)
    assert disk.size_bytes == 1 << 30
    assert disk.read_bytes(0, 256) == bytes(range(256))
    disk.write_pattern("root disk")
    image = source.connection.compute.create_server_image(server_id, "snapshot")
    image = wait_for_image(source, image.id)
    path = tmp_path / "snapshot"
    source.connection.image.download_image(image, stream=True, output=str(path))
    raw = convert_to_raw(path, image.disk_format)
    copy_id = create_server(source, imageRef=image.id)
    assert source.open_root_disk(copy_id).sha256() == disk.sha256()
    assert raw.stat().st_size == disk.size_bytes


def test_volumes_keep_their_order(source: Project) -> None:
    """Volumes given at boot become vda, vdb, ... in that order; one attached later is next."""
    volumes = [create_volume(source) for _ in range(5)]
    for number, volume_id in enumerate(volumes):
        source.open_volume(volume_id).write_pattern(str(number))
    source.connection.block_storage.set_volume_bootable_status(volumes[2], True)
    order = [volumes[number] for number in (2, 4, 1, 3)]
    server_id = create_server(
        source,
        flavor="m1.nodisk",
        block_device_mapping_v2=[
            {
                "uuid": volume_id,
                "source_type": "volume",
                "destination_type": "volume",
                "delete_on_termination": False,
                **({"boot_index": 0} if number == 0 else {"boot_index": -1}),
            }
            for number, volume_id in enumerate(order)
        ],
    )
    source.connection.compute.create_volume_attachment(server_id, volume_id=volumes[0])
    wait_for_volume(source, volumes[0], "in-use")
    expected = dict(zip(["vda", "vdb", "vdc", "vdd", "vde"], [*order, volumes[0]], strict=True))
    devices = {
        attachment.device: attachment.volume_id
        for attachment in source.connection.compute.volume_attachments(server_id)
    }
    assert devices == {f"/dev/{name}": volume_id for name, volume_id in expected.items()}
    attached = list_attached(source.cloud, server_id)
    assert {name: disk.path for name, disk in attached.items()} == {
        name: source.open_volume(volume_id).path for name, volume_id in expected.items()
    }
    assert source.open_root_disk(server_id).has_pattern("2")


def test_volumes_in_use_are_captured(source: Project, image_file: Path) -> None:
    """An attached volume: upload is refused, a forced snapshot works and has the bytes."""
    image_id = upload_image(source, image_file, "i")
    volume_id = create_volume(source, image_id=image_id)
    storage = source.connection.block_storage
    assert storage.get_volume(volume_id).is_bootable
    create_server(
        source,
        flavor="m1.nodisk",
        block_device_mapping_v2=[
            {
                "uuid": volume_id,
                "source_type": "volume",
                "destination_type": "volume",
                "boot_index": 0,
            }
        ],
    )
    wait_for_volume(source, volume_id, "in-use")
    source.open_volume(volume_id).write_pattern("in use")
    with pytest.raises(HttpException):
        storage.upload_volume_to_image(volume_id, "refused")
    snapshot = storage.create_snapshot(volume_id=volume_id, is_forced=True)
    storage.wait_for_status(snapshot, "available", ["error"], POLL_SECONDS, 60)
    copy_id = create_volume(source, snapshot_id=snapshot.id)
    assert source.open_volume(copy_id).has_pattern("in use")
    assert source.open_volume(copy_id).sha256() == source.open_volume(volume_id).sha256()


def test_image_of_volume_server_is_empty(source: Project, image_file: Path) -> None:
    """The image of a server booted from a volume has no bytes; they are in volume snapshots."""
    image_id = upload_image(source, image_file, "i")
    server_id = create_server(
        source,
        block_device_mapping_v2=[
            {
                "uuid": image_id,
                "source_type": "image",
                "destination_type": "volume",
                "volume_size": 1,
                "boot_index": 0,
                "delete_on_termination": True,
            }
        ],
    )
    extra_id = create_volume(source)
    source.connection.compute.create_volume_attachment(server_id, volume_id=extra_id)
    wait_for_volume(source, extra_id, "in-use")
    image = source.connection.compute.create_server_image(server_id, "snapshot")
    image = wait_for_image(source, image.id)
    assert image.size == 0
    snapshots = list(source.connection.block_storage.snapshots())
    assert len(snapshots) == 2
    assert extra_id in {snapshot.volume_id for snapshot in snapshots}


def test_concurrent_deletes_free_the_quota(source: Project) -> None:
    """Twenty volumes deleted at the same time leave nothing that counts against the quota."""
    source.set_quota("block_storage", volumes=20, gigabytes=20)
    storage = source.connection.block_storage
    for _ in range(2):
        with ThreadPoolExecutor(10) as executor:
            volumes = list(
                executor.map(lambda _: storage.create_volume(size=1), range(20)),
            )
            wait_until(
                lambda: {volume.status for volume in storage.volumes()} == {"available"},
                "all volumes available",
            )
            assert source.read_usage("block_storage")["volumes"] == 20
            list(executor.map(storage.delete_volume, volumes))
        wait_until(lambda: not list(storage.volumes()), "all volumes deleted")
        # The volume is gone a moment before its reservation is committed.
        wait_until(lambda: not any(source.read_usage("block_storage").values()), "no usage left", 5)


def test_quotas_are_enforced(source: Project) -> None:
    """A project has exactly the limits that a test gives it, in all three services."""
    source.set_quota("compute", key_pairs=0)
    source.set_quota("block_storage", volumes=1, gigabytes=1)
    source.set_quota("network", network=1, security_group_rule=6)
    connection = source.connection
    with pytest.raises(HttpException) as compute:
        connection.compute.create_keypair(name="k", public_key=PUBLIC_KEY)
    assert compute.value.status_code == 403
    create_volume(source)
    with pytest.raises(HttpException) as storage:
        connection.block_storage.create_volume(size=1)
    assert storage.value.status_code == 413
    connection.network.create_network(name="first")
    with pytest.raises(HttpException) as network:
        connection.network.create_network(name="second")
    assert network.value.status_code == 409
    source.set_quota("block_storage", volumes=-1, gigabytes=-1)
    create_volume(source, size=2)
    assert source.read_usage("block_storage")["gigabytes"] == 3
    assert source.read_usage("network")["network"] == 1


def test_fixtures_name_the_projects(
    clouds_file: Path, source: Project, destination: Project
) -> None:
    """``clouds.yaml`` of a test leads to its two projects, and nobody else can read it."""
    assert clouds_file.stat().st_mode & 0o777 == 0o600
    for name, project in (("source", source), ("destination", destination)):
        connection = openstack.connect(cloud=name)
        assert connection.current_project_id == project.id
        assert connection.current_user_id == project.user_id


def test_abandoned_disks_take_no_room(source: Project) -> None:
    """What a test leaves behind gives its bytes back."""
    volume_id = create_volume(source)
    disk = source.open_volume(volume_id)
    disk.write_bytes(1 << 20, b"x" * (8 << 20))
    assert disk.allocated_bytes >= 8 << 20
    assert source.release_disks() >= 8 << 20
    assert disk.allocated_bytes == 0
    assert disk.size_bytes == 1 << 30


def test_tags_follow_creation(source: Project) -> None:
    """Neutron, as it is today, refuses tags at creation, takes them after, and lists by them."""
    network = source.connection.network
    refused = network.post("/networks", json={"network": {"name": "n", "tags": ["a"]}})
    assert refused.status_code == 400
    found = network.create_network(name="n")
    network.set_tags(found, ["downpour:x", "b"])
    assert [tagged.id for tagged in network.networks(tags="downpour:x")] == [found.id]
    assert sorted(network.get_network(found.id).tags) == ["b", "downpour:x"]
