"""The cloud that tests talk to does what it promises: services, releases, settings."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keystoneauth1.exceptions
import openstack.connection
import openstack.exceptions
import pytest

from downpour.cloud import connect
from tests.fake_cloud import (
    NEWEST,
    OTHER_PROJECT_ID,
    QUEENS,
    FakeCloud,
    Release,
    Size,
    fill_project,
)

Connection = openstack.connection.Connection


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    """A fresh cloud of the newest release."""
    with FakeCloud() as cloud:
        yield cloud


@pytest.fixture
def connection(cloud: FakeCloud) -> Connection:
    """A connection of the SDK to it."""
    return cloud.make_connection()


def list_names(connection: Connection, path: str, **query: Any) -> list[str]:
    """Return the names in one answer to a listing of neutron."""
    answer = connection.network.get(path, params=query)
    [listed] = [value for key, value in answer.json().items() if not key.endswith("_links")]
    return [item["name"] for item in listed]


def test_the_sdk_logs_in_and_makes_a_network(cloud: FakeCloud, connection: Connection) -> None:
    """The real SDK finds its way through the catalog, and what it made is there."""
    network = connection.network.create_network(name="net")
    assert connection.session.get_project_id() == cloud.project_id
    assert cloud.read("networks", network.id)["name"] == "net"
    assert [str(entry) for entry in cloud.writes()] == ["POST network /networks 201"]


def test_a_wrong_password_is_refused(cloud: FakeCloud) -> None:
    """A login is checked."""
    credentials = cloud.credentials
    credentials["auth"]["password"] = "wrong"
    connection = openstack.connect(load_yaml_config=False, load_envvars=False, **credentials)
    with pytest.raises(keystoneauth1.exceptions.Unauthorized):
        connection.session.get_token()


def test_an_expired_token_is_renewed(cloud: FakeCloud, connection: Connection) -> None:
    """A service refuses an old token, and keystoneauth logs in again."""
    connection.session.get_token()
    cloud.expire_tokens()
    assert [network.name for network in connection.network.networks()] == ["public"]
    assert cloud.count("POST", "identity") == 2


def test_downpour_connects_by_clouds_yaml(
    cloud: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that it writes is one that downpour reads; it can hold several clouds."""
    path = cloud.write_clouds_file(tmp_path / "clouds.yaml")
    with FakeCloud(name="other") as other:
        other.write_clouds_file(path, "other")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    assert connect("fake", None).project_id == cloud.project_id
    assert set(json.loads(path.read_text())["clouds"]) == {"fake", "other"}


def test_it_starts_and_ends_at_once() -> None:
    """Each test can have a cloud of its own."""
    began = time.monotonic()
    for _ in range(10):
        with FakeCloud() as cloud:
            cloud.make_connection().session.get_token()
    assert time.monotonic() - began < 2


def test_two_clouds_of_one_name_are_equal() -> None:
    """Ids and times are the same in each run."""
    with FakeCloud(name="a") as one, FakeCloud(name="a") as same, FakeCloud(name="b") as other:
        for cloud in (one, same, other):
            cloud.make("networks", name="n")
        assert one.state.copy_documents() == same.state.copy_documents()
        assert not set(one.get_documents("networks")) & set(other.get_documents("networks"))


def break_cloud() -> None:
    """Let a request come upon what the cloud cannot handle."""
    with FakeCloud() as cloud:
        image_id = cloud.put_image(b"x", status="queued")
        del cloud.read("images", image_id)["disk_format"]
        headers = {"Content-Type": "application/octet-stream"}
        image = cloud.make_connection().image
        with pytest.raises(keystoneauth1.exceptions.ConnectFailure):
            image.put(f"/images/{image_id}/file", data=b"x", headers=headers, connect_retries=0)


def test_a_fault_of_its_own_is_raised() -> None:
    """A defect here is not taken for a broken connection: the block ends with it."""
    with pytest.raises(KeyError, match="disk_format"):
        break_cloud()


# Releases.


@pytest.mark.parametrize(
    ("release", "service", "highest"),
    [
        (QUEENS, "compute", (2, 60)),
        (NEWEST, "compute", (2, 104)),
        (QUEENS, "block_storage", (3, 50)),
        (NEWEST, "block_storage", (3, 71)),
    ],
)
def test_microversions_are_negotiated(
    release: Release, service: str, highest: tuple[int, int]
) -> None:
    """A release tells its range, refuses what is too new, and echoes what it took."""
    path = {"compute": "/flavors", "block_storage": "/volumes"}[service]
    newest = f"{highest[0]}.{highest[1]}"
    with FakeCloud(release) as cloud:
        proxy = getattr(cloud.make_connection(), service)
        assert proxy.get_endpoint_data().max_microversion == highest
        answers = [
            proxy.get(path, microversion=version)
            for version in (newest, "latest", None, f"{highest[0]}.{highest[1] + 1}")
        ]
    word = {"compute": "compute", "block_storage": "volume"}[service]
    lowest = "2.1" if service == "compute" else "3.0"
    echoed = [answer.headers.get("OpenStack-API-Version") for answer in answers]
    assert echoed == [f"{word} {newest}", f"{word} {newest}", f"{word} {lowest}", None]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 406]


def test_queens_has_no_digests_but_md5() -> None:
    """Glance before Rocky tells a checksum only, and takes ``os_hidden`` for a property."""
    with FakeCloud(QUEENS) as cloud:
        image_id = cloud.put_image(b"bytes", name="i")
        connection = cloud.make_connection()
        image = connection.image.get(f"/images/{image_id}").json()
        hidden = connection.image.get("/images", params={"os_hidden": "true"}).json()["images"]
    assert image["checksum"] == hashlib.md5(b"bytes").hexdigest()
    assert not {"os_hash_algo", "os_hash_value", "os_hidden"} & set(image)
    assert hidden == []


@pytest.mark.parametrize(
    ("release", "version", "keys"),
    [
        (QUEENS, None, {"id", "links"}),
        (QUEENS, "2.60", {"id", "links"}),
        (NEWEST, "2.46", {"id", "links"}),
        (NEWEST, "2.47", {"original_name", "vcpus", "ram", "disk", "ephemeral", "swap"}),
    ],
)
def test_a_servers_flavor_depends_on_the_release(
    release: Release, version: str | None, keys: set[str]
) -> None:
    """Old novas tell the flavor's id only, new ones its name and size without the id."""
    with FakeCloud(release) as cloud:
        ids = fill_project(cloud, Size(servers=1, ports=1, volumes=1))
        path = f"/servers/{ids['servers'][0]}"
        answer = cloud.make_connection().compute.get(path, microversion=version)
    assert set(answer.json()["server"]["flavor"]) - {"extra_specs"} == keys


@pytest.mark.parametrize(("release", "tags"), [(QUEENS, []), (NEWEST, ["t"])])
def test_ports_are_born_with_tags_in_the_newest_only(release: Release, tags: list[str]) -> None:
    """The extension is listed where tags are kept; elsewhere neutron forgets them in silence."""
    alias = "tag-ports-during-bulk-creation"
    with FakeCloud(release) as cloud:
        connection = cloud.make_connection()
        network_id = cloud.make("networks")["id"]
        body = {"port": {"network_id": network_id, "tags": ["t"]}}
        port = connection.network.post("/ports", json=body).json()["port"]
        listed = connection.network.get("/extensions").json()["extensions"]
        assert connection.network.get(f"/ports/{port['id']}").json()["port"]["tags"] == tags
    assert (alias in {extension["alias"] for extension in listed}) == bool(tags)


def test_queens_lacks_attributes_of_later_extensions() -> None:
    """What an extension brings is neither shown nor taken where the extension is missing."""
    with FakeCloud(QUEENS) as cloud:
        network = cloud.make_connection().network
        group = network.post("/security-groups", json={"security_group": {"name": "g"}}).json()
        refused = network.post("/security-groups", json={"security_group": {"stateful": False}})
    assert "stateful" not in group["security_group"]
    assert refused.status_code == 400


def test_a_cloud_may_lack_a_service() -> None:
    """A service that is left out is not in the catalog."""
    with FakeCloud(without=("block_storage",)) as cloud:
        connection = cloud.make_connection()
        # Which of the two depends on the SDK's version.
        missing = (
            keystoneauth1.exceptions.EndpointNotFound,
            openstack.exceptions.ServiceDisabledException,
        )
        with pytest.raises(missing):
            connection.block_storage.get("/volumes")
        assert list(connection.compute.servers()) == []


def test_a_release_can_be_made_of_another() -> None:
    """One fact may be changed: a store that serves no ranges, for example."""
    with FakeCloud(dataclasses.replace(NEWEST, has_ranges=False)) as cloud:
        image_id = cloud.put_image(b"bytes")
        image = cloud.make_connection().image
        answer = image.get(f"/images/{image_id}/file", headers={"Range": "bytes=0-0"})
        assert answer.status_code == 400
        assert image.get(f"/images/{image_id}/file").content == b"bytes"


# neutron.


def test_networks_are_filtered_and_paged(cloud: FakeCloud, connection: Connection) -> None:
    """Attributes, alternatives, tags, fields, and pages with links."""
    for name in "abc":
        cloud.put("networks", name=name, tags=[name, "all"])
    assert sorted(list_names(connection, "/networks", name=["a", "b"])) == ["a", "b"]
    assert list_names(connection, "/networks", **{"router:external": "true"}) == ["public"]
    assert list_names(connection, "/networks", tags="all,c") == ["c"]
    assert sorted(list_names(connection, "/networks", **{"tags-any": "a,b"})) == ["a", "b"]
    query = {"fields": ["id"], "limit": 2, "project_id": cloud.project_id}
    page = connection.network.get("/networks", params=query).json()
    assert [set(item) for item in page["networks"]] == [{"id"}, {"id"}]
    assert [link["rel"] for link in page["networks_links"]] == ["next"]
    found = {network.name for network in connection.network.networks(limit=1)}
    assert found == {"a", "b", "c", "public"}


def test_addresses_are_allocated(cloud: FakeCloud, connection: Connection) -> None:
    """A port gets one IPv4 address of the pool, and the IPv6 one that follows from its MAC."""
    network_id = cloud.make("networks")["id"]
    cloud.make("subnets", network_id=network_id, ip_version=4, cidr="10.0.0.0/29")
    slaac = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    cloud.make("subnets", network_id=network_id, ip_version=6, cidr="2001:db8::/64", **slaac)
    mac_address = "fa:16:3e:01:02:03"
    port = connection.network.create_port(network_id=network_id, mac_address=mac_address)
    addresses = [item["ip_address"] for item in port.fixed_ips]
    assert addresses == ["10.0.0.2", "2001:db8::f816:3eff:fe01:203"]
    for _ in range(4):
        connection.network.create_port(network_id=network_id)
    with pytest.raises(openstack.exceptions.ConflictException, match="No more IP addresses"):
        connection.network.create_port(network_id=network_id)


def test_objects_of_other_projects_are_seen_if_shared(
    cloud: FakeCloud, connection: Connection
) -> None:
    """Only shared and external networks, and what a test reveals."""
    owner = {"project_id": OTHER_PROJECT_ID, "tenant_id": OTHER_PROJECT_ID}
    cloud.put("networks", name="shared", shared=True, **owner)
    cloud.put("networks", name="secret", **owner)
    cloud.reveal(cloud.put("networks", name="revealed", **owner))
    assert sorted(list_names(connection, "/networks")) == ["public", "revealed", "shared"]


@pytest.mark.parametrize(
    ("service", "path", "body", "limit", "status"),
    [
        ("network", "/networks", {"network": {"name": "n"}}, {"networks": 0}, 409),
        ("block_storage", "/volumes", {"volume": {"size": 1}}, {"volumes": 0}, 413),
        (
            "compute",
            "/os-server-groups",
            {"server_group": {"name": "g", "policies": ["affinity"]}},
            {"os_server_groups": 0},
            403,
        ),
    ],
)
def test_limits_are_kept(
    cloud: FakeCloud,
    connection: Connection,
    service: str,
    path: str,
    body: dict[str, Any],
    limit: dict[str, int],
    status: int,
) -> None:
    """Each service refuses one object too many with its own status, and makes none."""
    cloud.limit(**limit)
    before = cloud.state.copy_documents()
    assert getattr(connection, service).post(path, json=body).status_code == status
    assert cloud.state.copy_documents() == before


def test_rules_of_one_request_are_made_all_or_none(
    cloud: FakeCloud, connection: Connection
) -> None:
    """A duplicate among them undoes those before it."""
    group_id = cloud.make("security-groups", name="g")["id"]
    rule = {"security_group_id": group_id, "direction": "ingress", "protocol": "tcp"}
    before = len(cloud.get_documents("security-group-rules"))
    answer = connection.network.post(
        "/security-group-rules", json={"security_group_rules": [rule, rule]}
    )
    assert answer.status_code == 409
    assert len(cloud.get_documents("security-group-rules")) == before


# glance and cinder.


def test_images_are_paged_and_found_by_tag(cloud: FakeCloud, connection: Connection) -> None:
    """Pages of 25 where nothing is said; hidden images are in a listing of their own."""
    for number in range(30):
        cloud.put_image(b"", name=str(number), tags=["odd"] if number % 2 else [])
    hidden = cloud.put_image(b"", name="hidden", os_hidden=True)
    page = connection.image.get("/images").json()
    assert len(page["images"]) == 25
    assert page["next"].startswith("/v2/images?")
    assert len(list(connection.image.images())) == 30
    tagged = connection.image.get("/images", params={"tag": "odd", "limit": 100}).json()
    assert len(tagged["images"]) == 15
    listed = connection.image.get("/images", params={"os_hidden": "true"}).json()["images"]
    assert [image["id"] for image in listed] == [hidden]


def test_bytes_go_from_image_to_volume_and_back(cloud: FakeCloud, connection: Connection) -> None:
    """A volume holds its image's bytes and properties, an image of it both again."""
    image_id = cloud.put_image(b"bytes", hw_disk_bus="scsi")
    volume = connection.block_storage.create_volume(size=1, image_id=image_id)
    assert cloud.data[volume.id] == b"bytes"
    shown = connection.block_storage.get_volume(volume.id)
    assert (shown.status, shown.is_bootable) == ("available", True)
    assert shown.volume_image_metadata["hw_disk_bus"] == "scsi"
    answer = connection.block_storage.upload_volume_to_image(volume.id, "up")
    download = connection.image.get(f"/images/{answer['image_id']}/file")
    assert download.content == b"bytes"
    assert cloud.read("images", answer["image_id"])["hw_disk_bus"] == "scsi"


def test_an_upload_in_chunks_is_whole(cloud: FakeCloud, connection: Connection) -> None:
    """A body of unknown length arrives, with the digests of all of it."""
    body = {"disk_format": "raw", "container_format": "bare"}
    image_id = connection.image.post("/images", json=body).json()["id"]
    headers = {"Content-Type": "application/octet-stream"}
    blocks = (b"x" * 1000 for _ in range(3))
    connection.image.put(f"/images/{image_id}/file", data=blocks, headers=headers)
    document = cloud.read("images", image_id)
    assert document["os_hash_value"] == hashlib.sha512(b"x" * 3000).hexdigest()
    assert (document["size"], document["status"]) == (3000, "active")


def test_cinders_messages_are_told(cloud: FakeCloud, connection: Connection) -> None:
    """What an operator's cinder says about a failed volume can be put in."""
    cloud.put("messages", resource_uuid="0a", user_message="schedule allocate volume: no host")
    assert connection.block_storage.get("/messages", microversion="3.0").status_code == 404
    listed = connection.block_storage.get("/messages", microversion="3.3").json()["messages"]
    assert [item["user_message"] for item in listed] == ["schedule allocate volume: no host"]


# nova.


def boot_server(connection: Connection, cloud: FakeCloud, **body: Any) -> Any:
    """Make a server by the API and return its document."""
    flavor_id = cloud.find_flavor("m1.tiny")
    server = {"name": "s", "flavorRef": flavor_id, "networks": "none", **body}
    answer = connection.compute.post("/servers", json={"server": server}, microversion="2.52")
    assert answer.status_code == 202, answer.text
    path = f"/servers/{answer.json()['server']['id']}"
    return connection.compute.get(path, microversion="2.79").json()["server"]


def test_a_server_takes_ports_and_volumes(cloud: FakeCloud, connection: Connection) -> None:
    """Ports and volumes are marked as the services do it, and free again when it goes."""
    network_id = cloud.make("networks", name="net")["id"]
    cloud.make("subnets", network_id=network_id, ip_version=4, cidr="10.0.0.0/24")
    ports = [cloud.make("ports", network_id=network_id)["id"] for _ in range(2)]
    volume_id = cloud.put_volume()
    disk = {"uuid": volume_id, "source_type": "volume", "destination_type": "volume"}
    server = boot_server(
        connection,
        cloud,
        imageRef=cloud.put_image(b"root"),
        networks=[{"port": port} for port in reversed(ports)],
        block_device_mapping_v2=[{"boot_index": -1, **disk}],
        tags=["t"],
    )
    macs = [address["OS-EXT-IPS-MAC:mac_addr"] for address in server["addresses"]["net"]]
    assert macs == [cloud.read("ports", port)["mac_address"] for port in reversed(ports)]
    assert (server["status"], server["tags"], cloud.data[server["id"]]) == (
        "ACTIVE",
        ["t"],
        b"root",
    )
    assert cloud.read("ports", ports[0])["device_id"] == server["id"]
    volume = cloud.read("volumes", volume_id)
    assert (volume["status"], volume["attachments"][0]["device"]) == ("in-use", "/dev/vdb")
    connection.compute.delete_server(server["id"])
    assert cloud.read("volumes", volume_id)["status"] == "available"
    assert cloud.read("ports", ports[0])["device_id"] == ""


def test_a_server_is_found_by_tags(cloud: FakeCloud, connection: Connection) -> None:
    """All of the tags that are given count."""
    boot_server(connection, cloud, imageRef=cloud.put_image(b""), tags=["a", "b"])
    for tags, count in (("a", 1), ("a,b", 1), ("a,c", 0)):
        answer = connection.compute.get(
            "/servers/detail", params={"tags": tags}, microversion="2.52"
        )
        assert len(answer.json()["servers"]) == count


def test_a_servers_image_is_told_by_either_way(cloud: FakeCloud, connection: Connection) -> None:
    """By a header up to 2.44, in the body since; the bytes are those of the root disk."""
    server = boot_server(connection, cloud, imageRef=cloud.put_image(b"root"))
    for version in ("2.44", "2.45"):
        answer = connection.compute.post(
            f"/servers/{server['id']}/action",
            json={"createImage": {"name": "i"}},
            microversion=version,
        )
        image_id = answer.headers.get("Location", "").rpartition("/")[2]
        assert bool(image_id) == (version == "2.44")
        image_id = image_id or answer.json()["image_id"]
        assert cloud.data[image_id] == b"root"


def test_an_image_of_a_server_on_a_volume_is_empty(
    cloud: FakeCloud, connection: Connection
) -> None:
    """Its bytes are in a snapshot of the volume, which nova makes."""
    volume_id = cloud.put_volume(b"root")
    disk = {"uuid": volume_id, "source_type": "volume", "destination_type": "volume"}
    server = boot_server(connection, cloud, block_device_mapping_v2=[{"boot_index": 0, **disk}])
    assert server["image"] == ""
    image = connection.compute.create_server_image(server["id"], "i", wait=False)
    assert cloud.data[image.id] == b""
    [snapshot] = cloud.find_own("snapshots")
    assert cloud.data[snapshot["id"]] == b"root"


def test_a_server_group_gets_its_members(cloud: FakeCloud, connection: Connection) -> None:
    """The hint of the creating request makes a server a member."""
    group = connection.compute.create_server_group(name="g", policy="affinity")
    body = {
        "server": {
            "name": "s",
            "flavorRef": cloud.find_flavor("m1.tiny"),
            "imageRef": cloud.put_image(b""),
            "networks": "none",
        },
        "os:scheduler_hints": {"group": group.id},
    }
    answer = connection.compute.post("/servers", json=body, microversion="2.37")
    server_id = answer.json()["server"]["id"]
    assert connection.compute.get_server_group(group.id).member_ids == [server_id]
    shown = connection.compute.get(f"/servers/{server_id}", microversion="2.100").json()["server"]
    assert shown["scheduler_hints"] == {"group": group.id}


def test_thousands_of_resources_are_put_in_quickly(cloud: FakeCloud) -> None:
    """A tenant of hundreds of servers takes no time and hangs together."""
    began = time.monotonic()
    ids = fill_project(cloud, Size(servers=200, ports=400, volumes=400, rules=1000))
    assert time.monotonic() - began < 5
    assert {name: len(ids[name]) for name in ("servers", "ports", "volumes")} == {
        "servers": 200,
        "ports": 400,
        "volumes": 400,
    }
    ports = [cloud.read("ports", port_id) for port_id in ids["ports"]]
    assert {port["device_id"] for port in ports} == set(ids["servers"])
    addresses = {(port["network_id"], port["fixed_ips"][0]["ip_address"]) for port in ports}
    assert len(addresses) == len(ports)
