"""The whole move of a rich tenant, by members, through the real command lines.

One move is made for all tests here; each looks at one side of what came of it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.sandbox.cloud import Cloud
from demo.sandbox.projects import Project
from tests.integration.api import Api, find_change
from tests.integration.description import Describer, Description, select_types
from tests.integration.journey import (
    Run,
    Workplace,
    list_writes,
    read_new_ids,
    read_rows,
)
from tests.integration.rich_tenant import (
    ROOT_PROPERTIES,
    SERVERS,
    TWIN_ADDRESS,
    VOLUMES,
    WEB_MAC,
    build_rich_tenant,
)
from tests.integration.tenants import Tenant, make_project

pytestmark = pytest.mark.whole_move

RESOURCE_FILE = """\
# What the team runs.
servers:
  - name: database  # the one with the volumes
    key_name: login
  - id: {twin}
    save_state: false
volumes:
  - name: reference
    save_state: false
"""


@dataclasses.dataclass(frozen=True)
class Move:
    """One whole move: what was there before, what the commands said, what is there now."""

    place: Workplace
    tenant: Tenant
    destination: Project
    bundle: Path
    resources: str
    inventory_before: dict[str, Any]
    inventory_after: dict[str, Any]
    check: Run
    check_writes: list[str]
    first: Run
    second: Run
    second_writes: list[str]
    new_ids: dict[tuple[str, str], str]
    before: Description
    after: Description

    def find(self, kind: str, label: str) -> str:
        """Return the new id of one of the tenant's resources."""
        return self.new_ids[kind, self.tenant[label]]

    @property
    def destination_api(self) -> Api:
        """The member's own requests to the destination."""
        return Api(self.destination)

    def read(self, kind: str, label: str) -> dict[str, Any]:
        """Return what the destination says of one of the tenant's resources."""
        return self.after[kind, self.tenant[label]]

    def assert_equal(self, *kinds: str) -> None:
        """Compare everything of these types that was to move."""
        moved = {name: facts for name, facts in self.after.items() if name in self.new_ids}
        assert select_types(moved, kinds) == select_types(self.before, kinds)


@pytest.fixture(scope="module")
def move(clouds: tuple[Cloud, Cloud], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Move]:
    """Make the move."""
    directory = tmp_path_factory.mktemp("move")
    source, destination = (make_project(cloud, "whole move") for cloud in clouds)
    tenant = build_rich_tenant(source, directory)
    place = Workplace(directory / "place", source, destination)
    resources = place.write("tenant.yml", RESOURCE_FILE.format(twin=tenant["twin server 2"]))
    inventory_before = tenant.api.take_inventory()

    place.downpour("query", resources, "--all").expect(0)
    bundle = place.directory / "bundle"
    place.downpour("export", resources, bundle).expect(0)
    inventory_after = tenant.api.take_inventory()

    mark = destination.mark_requests()
    check = place.play(bundle, "--check")
    check_writes = list_writes(destination, mark)
    first = place.play(bundle).expect(0)
    new_ids = read_new_ids(bundle)
    mark = destination.mark_requests()
    second = place.play(bundle).expect(0)
    second_writes = list_writes(destination, mark)

    old_ids = {(kind, new): old for (kind, old), new in new_ids.items()}
    yield Move(
        place,
        tenant,
        destination,
        bundle,
        resources.read_text(encoding="utf-8"),
        inventory_before,
        inventory_after,
        check,
        check_writes,
        first,
        second,
        second_writes,
        new_ids,
        Describer(tenant.api).describe(),
        Describer(Api(destination), old_ids).describe(),
    )
    source.release_disks()
    destination.release_disks()


def test_second_run_changes_nothing(move: Move) -> None:
    """Running the playbook again reports no change and asks the cloud for none."""
    assert move.second.recap["changed"] == move.second.recap["failed"] == 0
    assert move.second_writes == []
    assert move.first.recap["changed"] > 0


def test_check_mode_on_an_empty_project_writes_nothing(move: Move) -> None:
    """``--check`` passes before anything exists, says what would change, and changes nothing."""
    assert move.check.status == 0, move.check.out
    assert move.check.recap["changed"] > 0
    assert move.check_writes == []


def test_source_is_as_it_was(move: Move) -> None:
    """The export changes nothing in the source and leaves nothing there."""
    assert find_change(move.inventory_before, move.inventory_after) == {}


def test_each_listing_is_read_once(move: Move) -> None:
    """Planning fifty resources takes the very requests that planning one server takes."""
    asked = []
    one = move.place.select("one.yml", servers=[move.tenant["web"]])
    for resources in (move.place.directory / "tenant.yml", one):
        mark = move.tenant.project.mark_requests()
        move.place.downpour("plan", resources).expect(0)
        requests = move.tenant.project.list_requests(mark)
        asked.append(sorted(f"{item.service} {item.path}?{item.query}" for item in requests))
    assert asked[0] == asked[1]
    assert len(set(asked[0])) == len(asked[0])
    assert not [line for line in asked[0] if re.search("[0-9a-f]{8}-[0-9a-f]{4}-", line)]


def test_every_resource_has_one_row(move: Move) -> None:
    """``uuids.csv`` has the header, types spelled right, every field quoted, a row per resource."""
    lines = (move.bundle / "uuids.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == '"Resource Type","Resource Name","Old","New"'
    assert all(re.fullmatch(r'("(?:[^"]|"")*",){3}"[^"]+"', line) for line in lines)
    rows = read_rows(move.bundle)
    names = {(row["Resource Type"], row["Old"]): row["Resource Name"] for row in rows}
    assert names == {name: facts["name"] for name, facts in move.before.items()}


def test_destination_has_nothing_else(move: Move) -> None:
    """Beside what was moved only the root disks' images are there: no volume's temporary one."""
    others = {name for name in move.after if name not in move.new_ids}
    assert {kind for kind, _ in others} == {"image"}
    tags = {
        tag
        for image in move.destination_api.list_all("image")
        if image["id"] not in move.new_ids.values()
        for tag in image["tags"]
    }
    saved = ("web", "stopped", "twin server 1")
    assert tags == {f"downpour:{move.tenant[label]}" for label in saved}
    assert len(others) == len(saved)


@pytest.mark.parametrize("label", [*VOLUMES, "root", "scratch"])
def test_volume_bytes_are_equal(move: Move, label: str) -> None:
    """Every byte of a volume is the same on both sides."""
    old = move.tenant.project.open_volume(move.tenant[label])
    new = move.destination.open_volume(move.find("volume", label))
    assert old.has_pattern(label) or label == "scratch"
    assert (new.size_bytes, new.sha256()) == (old.size_bytes, old.sha256())


@pytest.mark.parametrize("label", ["web", "stopped", "twin server 1", "twin server 2"])
def test_root_disk_bytes_are_equal(move: Move, label: str) -> None:
    """A server's root disk is the same on both sides, also when it was made from its image."""
    old = move.tenant.project.open_root_disk(move.tenant[label])
    new = move.destination.open_root_disk(move.find("server", label))
    assert (new.size_bytes, new.sha256()) == (old.size_bytes, old.sha256())


def test_volume_without_state_is_empty(move: Move) -> None:
    """With ``save_state: false`` a volume is made of the same size, without data."""
    disk = move.destination.open_volume(move.find("volume", "reference"))
    assert (disk.size_bytes, disk.allocated_bytes) == (2 << 30, 0)


def test_keypairs(move: Move) -> None:
    """Keypairs have the same public key, be it of a certificate."""
    move.assert_equal("keypair")
    assert move.read("keypair", "certificate")["type"] == "x509"


def test_images(move: Move) -> None:
    """Images have the same bytes, properties, tags and limits; kernel and ramdisk are the new."""
    move.assert_equal("image")
    base, machine = move.read("image", "base"), move.read("image", "machine")
    assert base["properties"] == ROOT_PROPERTIES
    assert (base["min_disk"], base["min_ram"], base["visibility"]) == (1, 64, "community")
    assert base["tags"] == ["blue", "downpourish"]
    assert machine["properties"]["kernel_id"] == ("image", move.tenant["kernel"])
    hidden = move.read("image", "hidden")
    assert (hidden["os_hidden"], hidden["protected"]) == (True, True)


def test_networks(move: Move) -> None:
    """Networks keep MTU, domain, state, port security, tags and description."""
    move.assert_equal("network")
    back = move.read("network", "back")
    assert (back["mtu"], back["dns_domain"]) == (1400, "back.example.")
    assert back["tags"] == ["inner", "two words"]
    assert move.read("network", "open")["port_security_enabled"] is False
    assert move.read("network", "dark")["admin_state_up"] is False


def test_subnets(move: Move) -> None:
    """Subnets keep gateway (or none), pools, DNS servers in order, routes and IPv6 modes."""
    move.assert_equal("subnet")
    front, back = move.read("subnet", "front-v4"), move.read("subnet", "back-v4")
    assert front["gateway_ip"] == "10.10.0.254"
    assert front["dns_nameservers"] == ["192.0.2.54", "192.0.2.53"]
    assert front["host_routes"] == [{"destination": "10.77.0.0/16", "nexthop": "10.10.0.77"}]
    assert (back["gateway_ip"], back["enable_dhcp"]) == (None, False)
    assert len(back["allocation_pools"]) == 2
    assert move.read("subnet", "front-v6")["ipv6_ra_mode"] == "dhcpv6-stateful"


def test_routers(move: Move) -> None:
    """Routers join the same subnets by the same addresses, and keep routes and state."""
    move.assert_equal("router")
    edge = move.read("router", "edge")
    assert (("subnet", move.tenant["back-v4"]), "10.20.0.9") in edge["interfaces"]
    assert len(edge["interfaces"]) == 3
    assert edge["routes"] == [{"destination": "10.99.0.0/24", "nexthop": "10.20.0.99"}]
    assert (edge["has_gateway"], edge["tags"]) == (True, ["edge"])
    assert move.read("router", "off")["admin_state_up"] is False


def test_security_groups(move: Move) -> None:
    """Rules are exactly the source's: cycles, self-reference, ICMP type 0, no egress where none."""
    move.assert_equal("security group")
    web, database = (
        move.read("security group", label) for label in ("web group", "database group")
    )
    remote_groups = {rule["remote_group"] for rule in web["rules"]}
    assert ("security group", move.tenant["database group"]) in remote_groups
    assert {rule["direction"] for rule in database["rules"]} == {"ingress"}
    icmp_types = {rule["port_range_min"] for rule in web["rules"] if rule["protocol"] == "icmp"}
    assert icmp_types == {0, 8}
    alone = move.read("security group", "alone")
    assert (alone["rules"], alone["stateful"]) == ([], False)
    default = move.read("security group", "default")
    assert (default["name"], len(default["rules"])) == ("default", 5)


def test_ports(move: Move) -> None:
    """Ports keep addresses, MACs, groups, address pairs, DHCP options and port security."""
    move.assert_equal("port")
    back = move.read("port", "web-back")
    assert back["mac_address"] == WEB_MAC
    assert [address for _, address in back["addresses"]] == ["10.20.0.150", "10.20.0.42"]
    assert len(back["allowed_address_pairs"]) == 2
    assert back["extra_dhcp_opts"]
    front = move.read("port", "web-front")
    assert {address for _, address in front["addresses"]} == {"10.10.0.5", "2001:db8:10::5"}
    automatic = move.read("port", "web-open")
    assert automatic["port_security_enabled"] is False
    assert len(automatic["addresses"]) == 2
    assert move.read("port", "stopped-back")["groups"] == []
    assert move.read("port", "database-dark")["admin_state_up"] is False


def test_volumes(move: Move) -> None:
    """Volumes keep metadata, image metadata, flags, type, and where they are attached."""
    move.assert_equal("volume")
    archive = move.read("volume", "archive")
    assert archive["metadata"] == {"purpose": "archive", "cost centre": "0042"}
    assert archive["image_metadata"] == {"hw_firmware_type": "uefi", "os_type": "linux"}
    assert (archive["bootable"], archive["volume_type"]) == ("true", "fast")
    assert "\n" in archive["description"]
    assert move.read("volume", "reference")["metadata"]["readonly"] == "True"
    assert move.read("volume", "root")["image_metadata"]["hw_machine_type"] == "q35"


def test_servers(move: Move) -> None:
    """Servers keep metadata, tags, flavor, the order of cards and volumes, and whether they run."""
    wanted = {name: facts for name, facts in move.before.items() if name[0] == "server"}
    wanted["server", move.tenant["database"]]["keypair"] = ("keypair", "login")
    assert select_types(move.after, ["server"]) == wanted
    web = move.read("server", "web")
    assert web["cards"][0] == WEB_MAC
    assert [(device, volume) for device, volume, _ in web["volumes"]] == [
        ("/dev/vdb", ("volume", move.tenant["data-z"])),
        ("/dev/vdc", ("volume", move.tenant["data-a"])),
    ]
    assert (web["config_drive"], web["tags"]) == ("True", ["production", "two words"])
    database = move.read("server", "database")
    assert [is_deleted for _, _, is_deleted in database["volumes"]] == [False, True]
    assert move.read("server", "stopped")["status"] == "SHUTOFF"


def test_twins_stay_apart(move: Move) -> None:
    """Two of one name, and those without a name, each keep their own data and relations."""
    for kind in ("volume", "network", "subnet", "server"):
        named_so = [name for name, facts in move.after.items() if facts["name"] == "twin"]
        assert len([name for name in named_so if name[0] == kind]) == 2, kind
    for number in (1, 2):
        port = move.read("port", f"twin port {number}")
        group = ("security group", move.tenant[f"twin group {number}"])
        subnet = ("subnet", move.tenant[f"twin subnet {number}"])
        server = ("server", move.tenant[f"twin server {number}"])
        assert (port["groups"], port["addresses"], port["server"]) == (
            [group],
            [(subnet, TWIN_ADDRESS)],
            server,
        )
    assert move.read("volume", "unnamed volume")["name"] == ""


def test_bundle_is_whole_and_private(move: Move) -> None:
    """The bundle has all its files, with the digests of ``SHA256SUMS``, for its owner only."""
    assert move.bundle.stat().st_mode & 0o777 == 0o700
    for path in move.bundle.rglob("*"):
        mode = path.stat().st_mode & 0o777
        assert mode == (0o700 if path.is_dir() else 0o600), path
    listed = {}
    for line in (move.bundle / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    for name, digest in listed.items():
        with (move.bundle / name).open("rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == digest, name
    not_fixed = {"SHA256SUMS", "destination.yml", "uuids.csv"}
    present = {
        str(path.relative_to(move.bundle))
        for path in move.bundle.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert present - not_fixed == set(listed)


def test_resource_file_keeps_what_a_person_wrote(move: Move) -> None:
    """``query`` has added the rest to the file that the person began, and kept the comments."""
    text = move.resources
    begin = RESOURCE_FILE.format(twin=move.tenant["twin server 2"]).partition("volumes:")[0]
    assert text.startswith(begin)
    assert text.count("- name: database") == 1
    assert all(text.count(move.tenant[label]) == 1 for label in ("twin volume 1", "twin server 1"))
    assert len(re.findall(r"^  - ", text, re.MULTILINE)) == len(SERVERS) + 3 + 5 + 9
