"""Imports that are interrupted, prepared by hand, refused or fail: no twins, nothing lost."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.sandbox.cloud import Cloud
from demo.sandbox.projects import Project
from tests.integration.api import Api, find_change, make_public_key
from tests.integration.description import TYPES, Describer, select_types
from tests.integration.journey import (
    Workplace,
    copy_bundle,
    expect_no_writes,
    finish,
    list_writes,
    read_new_ids,
    wait_for,
    write_rows,
)
from tests.integration.shared import share_small_bundle, share_small_tenant
from tests.integration.tenants import Tenant, make_project, share_neighbours_network

# What the small tenant is in the destination; the second image is the server's root disk.
WHOLE = {
    "keypair": 1,
    "image": 2,
    "network": 1,
    "subnet": 1,
    "router": 1,
    "security group": 2,
    "port": 1,
    "volume": 2,
    "server": 1,
}


@dataclasses.dataclass(frozen=True)
class Scene:
    """A copy of the small tenant's bundle and an empty project to import it into."""

    place: Workplace
    tenant: Tenant
    destination: Project
    bundle: Path
    api: Api

    def count_resources(self) -> dict[str, int]:
        """Count what the destination has, the server's ports only."""
        description = Describer(self.api).describe()
        counts = Counter(kind for kind, _ in description)
        return {kind: counts[kind] for kind in TYPES}

    def assert_whole(self) -> None:
        """Check that all is there once, with its data, and that another run has nothing to do."""
        assert self.count_resources() == WHOLE
        new_ids = read_new_ids(self.bundle)
        assert Counter(kind for kind, _ in new_ids) == WHOLE | {"security group": 1, "image": 1}
        for label in ("attached", "detached"):
            new = self.destination.open_volume(new_ids["volume", self.tenant[label]])
            assert new.has_pattern(label)
        server = self.destination.open_root_disk(new_ids["server", self.tenant["server"]])
        assert server.has_pattern("server")
        old_ids = {(kind, new): old for (kind, old), new in new_ids.items()}
        kinds = [kind for kind in TYPES if kind != "image"]
        moved = {
            name: facts
            for name, facts in Describer(self.api, old_ids).describe().items()
            if name in new_ids
        }
        before = Describer(self.tenant.api).describe()
        wanted = {name: facts for name, facts in before.items() if name in new_ids}
        assert select_types(moved, kinds) == select_types(wanted, kinds)
        with expect_no_writes(self.destination):
            assert self.place.play(self.bundle).expect(0).recap["changed"] == 0

    def edit_destination(self, **sections: Any) -> None:
        """Change values of ``destination.yml``: by section and key, or of every key at once."""
        path = self.bundle / "destination.yml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for section, value in sections.items():
            document[section] = dict.fromkeys(document[section], value)
        path.write_text(yaml.safe_dump(document), encoding="utf-8")

    def kill_after(self, writes: int) -> bool:
        """Start the import and kill it after so many requests; tell whether it was in time."""
        mark = self.destination.mark_requests()
        process = self.place.start_playbook(self.bundle)
        wait_for(
            lambda: (
                self.destination.count_requests(mark, writes=True) >= writes
                or process.poll() is not None
            ),
            "the moment to kill the import",
        )
        is_killed = process.poll() is None
        if is_killed:
            os.killpg(process.pid, signal.SIGKILL)
        finish(process)
        return is_killed


@pytest.fixture
def scene(
    clouds: tuple[Cloud, Cloud], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """A new copy and a new project."""
    tenant = share_small_tenant(clouds[0], tmp_path_factory)
    bundle = copy_bundle(share_small_bundle(clouds[0], tmp_path_factory), tmp_path / "bundle")
    destination = make_project(clouds[1], "import")
    place = Workplace(tmp_path / "place", tenant.project, destination)
    yield Scene(place, tenant, destination, bundle, Api(destination))
    destination.release_disks()


def test_killed_imports_are_continued_without_twins(scene: Scene) -> None:
    """An import that is killed after every few requests ends up like one that is not."""
    kills = 0
    while scene.kill_after(writes=5):
        kills += 1
        assert kills < 20
    assert kills >= 4
    scene.place.play(scene.bundle).expect(0)
    scene.assert_whole()


def test_lost_record_and_lost_objects(scene: Scene) -> None:
    """Objects without a row are found by their markers; a row without its object is replaced.

    First the rows are lost, as in a crash between creating and recording, with a torn last line;
    nothing is created then. After that an image that was deleted is made anew, with a warning; at
    the highest verbosity no secret is shown.
    """
    scene.place.play(scene.bundle).expect(0)
    record = scene.bundle / "uuids.csv"
    before = read_new_ids(scene.bundle)
    lines = record.read_text(encoding="utf-8").splitlines()
    record.write_text(lines[0] + "\n" + lines[1] + "\n" + lines[2][:30], encoding="utf-8")
    with expect_no_writes(scene.destination):
        assert scene.place.play(scene.bundle).expect(0).recap["changed"] == 0
    assert read_new_ids(scene.bundle) == before

    image = ("image", scene.tenant["image"])
    scene.api.delete("image", before[image])
    run = scene.place.play(scene.bundle, "-vvv").expect(0)
    assert before[image] in run.out + run.err
    # How a token of keystone begins.
    assert not [x for x in (scene.destination.password, "gAAAA") if x in run.out + run.err]
    assert run.recap["changed"] == 1
    after = read_new_ids(scene.bundle)
    assert after[image] != before[image]
    assert {name for name in after if after[name] != before[name]} == {image}
    scene.assert_whole()


def test_rows_put_in_by_hand_are_honoured(scene: Scene) -> None:
    """Objects of one's own stand in for eight types: none is made for them, none is changed."""
    own = Tenant(scene.destination, scene.place.directory)
    own.add("keypair", "my key", public_key=make_public_key("mine"))
    own.add("network", "my network", mtu=1300)
    own.add(
        "subnet", "my subnet", network_id=own["my network"], ip_version=4, cidr="192.168.9.0/24"
    )
    own.add("router", "my router")
    own.add("security group", "my group")
    own.add("port", "my port", network_id=own["my network"], security_groups=[own["my group"]])
    own.add("volume", "my attached", size=3)
    own.add("volume", "my detached", size=2)
    own.wait("volume", "available", "my attached", "my detached")
    own.add_image("my image", b"mine" * 500)
    untouched = ("keypair", "network", "subnet", "router", "security group", "image")
    before = own.api.take_inventory()
    pairs = {
        "keypair": ("keypair", "my key"),
        "network": ("network", "my network"),
        "subnet": ("subnet", "my subnet"),
        "router": ("router", "my router"),
        "group": ("security group", "my group"),
        "port": ("port", "my port"),
        "attached": ("volume", "my attached"),
        "detached": ("volume", "my detached"),
        "image": ("image", "my image"),
    }
    rows = [(kind, "by hand", scene.tenant[old], own[new]) for old, (kind, new) in pairs.items()]
    write_rows(scene.bundle, rows)

    scene.place.play(scene.bundle).expect(0)
    new_ids = read_new_ids(scene.bundle)
    assert set(rows) <= {(kind, "by hand", old, new) for (kind, old), new in new_ids.items()}
    after = own.api.take_inventory()
    root_disks = [image for image in after["image"] if image["id"] != own["my image"]]
    assert len(root_disks) == 1
    after["image"].remove(root_disks[0])
    assert (
        find_change(
            {kind: before[kind] for kind in untouched}, {kind: after[kind] for kind in untouched}
        )
        == {}
    )
    (server,) = after["server"]
    assert server["key_name"] == "my key"
    assert server["os-extended-volumes:volumes_attached"][0]["id"] == own["my attached"]
    assert after["port"][0]["device_id"] == server["id"]
    assert [volume["size"] for volume in after["volume"]].count(3) == 1
    assert len(after["volume"]) == 2
    with expect_no_writes(scene.destination):
        assert scene.place.play(scene.bundle).expect(0).recap["changed"] == 0


def test_image_of_the_destination_is_used(
    clouds: tuple[Cloud, Cloud], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An image named in ``destination.yml`` is recorded and booted from; none is uploaded."""
    tenant = share_small_tenant(clouds[0], tmp_path_factory)
    destination = make_project(clouds[1], "mapped image")
    place = Workplace(tmp_path / "place", tenant.project, destination)
    without_data = {"save_state": False}
    resources = place.select(
        servers=[{"id": tenant["server"]} | without_data],
        volumes=[{"id": tenant["attached"]} | without_data],
    )
    bundle = place.directory / "bundle"
    place.call("export", resources, bundle).expect(0)
    api = Api(destination)
    ready = api.upload_image(b"ready made " * 999, name="ready made", min_disk=1)
    scene = Scene(place, tenant, destination, bundle, api)
    scene.edit_destination(images="ready made")
    mark = destination.mark_requests()
    place.play(bundle).expect(0)
    assert not [line for line in list_writes(destination, mark) if " glance" in line]
    assert read_new_ids(bundle)["image", tenant["image"]] == ready["id"]
    (server,) = api.list_all("server")
    assert server["image"]["id"] == ready["id"]
    assert [volume["bootable"] for volume in api.list_all("volume")] == ["false"]


def test_guest_gets_what_the_destination_has(clouds: tuple[Cloud, Cloud], tmp_path: Path) -> None:
    """A server on a neighbour's network lands on the one that ``destination.yml`` names.

    So does its key: the resource file asks for one that only the destination has, and until that
    is there the import stops with the reason.
    """
    source, destination = (make_project(cloud, "guest") for cloud in clouds)
    tenant = Tenant(source, tmp_path)
    network = share_neighbours_network(clouds[0], source)
    tenant.add("port", "port", network_id=network)
    tenant.add_image("image", b"image" * 1000)
    tenant.add_server("guest", "m1.tiny", ["port"], imageRef=tenant["image"])
    tenant.wait("server", "ACTIVE", "guest")
    place = Workplace(tmp_path / "place", source, destination)
    entry = {"name": "guest", "save_state": False, "key_name": "local"}
    bundle = place.directory / "bundle"
    place.call("export", place.select(servers=[entry]), bundle).expect(3)
    own = Tenant(destination, tmp_path)
    own.add("network", "landing")
    own.add("subnet", "landing-v4", network_id=own["landing"], ip_version=4, cidr="10.5.0.0/24")
    scene = Scene(place, tenant, destination, bundle, own.api)
    scene.edit_destination(networks=own["landing"])
    assert "Invalid key_name" in place.play(bundle).expect(2).out
    own.add_keypair("local")
    place.play(bundle).expect(0)
    (server,) = own.api.list_all("server")
    assert (server["key_name"], list(server["addresses"])) == ("local", ["landing"])
    assert [item["name"] for item in own.api.list_all("network")] == ["landing"]


def test_all_that_does_not_fit_is_said_at_once(scene: Scene) -> None:
    """Wrong names in every section of ``destination.yml`` are listed before anything is made."""
    names = {
        "flavors": "m9.huge",
        "networks": "outside",
        "images": "no such image",
        "volume_types": "golden",
        "availability_zones": "moon",
    }
    scene.edit_destination(**names)
    with expect_no_writes(scene.destination):
        for arguments in ((), ("--check",)):
            run = scene.place.play(scene.bundle, *arguments).expect(2)
            for section, name in names.items():
                assert f"{section}." in run.out
                assert name in run.out
            assert "m1.tiny" in run.out
    assert not (scene.bundle / "uuids.csv").exists()


def test_failure_in_the_middle_is_explained_and_continued(scene: Scene) -> None:
    """A damaged file and a quota end the import with type, name and old id; then it goes on."""
    data = scene.bundle / "data" / f"volume-{scene.tenant['detached']}.qcow2"
    good = data.read_bytes()
    data.unlink()
    data.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    run = scene.place.play(scene.bundle, "--tags", "volumes").expect(2)
    assert f"({scene.tenant['detached']})" in run.out
    assert data.name in run.out
    assert [tag for image in scene.api.list_all("image") for tag in image["tags"]] in (
        [],
        [f"downpour:volume:{scene.tenant['attached']}"],
    )
    data.write_bytes(good)

    scene.destination.set_quota("compute", instances=0)
    run = scene.place.play(scene.bundle).expect(2)
    assert f"({scene.tenant['server']})" in run.out
    assert "quota" in run.out.lower()
    assert "Traceback" not in run.out + run.err
    scene.destination.set_quota("compute", instances=-1)
    scene.place.play(scene.bundle).expect(0)
    scene.assert_whole()


def test_destination_that_cannot_be_used(scene: Scene) -> None:
    """A wrong password and an address where nobody answers end the first task with the reason."""
    good = scene.destination.credentials
    for change, expected in (
        ({"password": "guessed"}, "login"),
        ({"auth_url": "http://127.0.0.1:9/v3"}, "127.0.0.1"),
    ):
        entry = good | {"auth": good["auth"] | change}
        scene.place.write("clouds.yaml", yaml.safe_dump({"clouds": {"destination": entry}}))
        run = scene.place.play(scene.bundle).expect(2)
        assert expected in run.out
        assert "Traceback" not in run.out + run.err
        assert "guessed" not in run.out + run.err
        assert run.recap["ok"] == 0
