"""From the resource file to the closure, by identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from downpour.errors import DownpourError
from downpour.resources import RESOURCE_TYPES
from downpour.resources.inventory import Inventory
from downpour.resources.model import Key, Listing, Options, describe_resource
from downpour.selection import Entry, Selection
from downpour.walk import (
    list_candidates,
    resolve_selection,
    walk_selection,
)
from tests.unit.tenant import OTHER_PROJECT, PROJECT, Tenant

FILE = Path("resources.yml")


def resolve(tenant: Tenant, *entries: Entry) -> dict[Key, Options]:
    """Return what the entries of a resource file name."""
    return resolve_selection(Selection(FILE, entries), tenant.inventory())


def test_by_name_and_by_id() -> None:
    """An entry names by name, by id, or by both, and carries its options."""
    tenant = Tenant()
    web, db = tenant.add_server("web"), tenant.add_server("db")
    volume = tenant.add("volume")
    assert resolve(
        tenant,
        Entry("server", 1, name="web", key_name="k"),
        Entry("server", 2, id=db, name="db"),
        Entry("volume", 3, id=volume, is_state_saved=False),
    ) == {
        ("server", web): Options(key_name="k"),
        ("server", db): Options(),
        ("volume", volume): Options(is_state_saved=False),
    }


def test_all_bad_references_at_once() -> None:
    """Missing and ambiguous entries are all told, with the lines and the candidates' ids."""
    tenant = Tenant()
    twins = [tenant.add("volume", "twin") for _ in range(2)]
    tenant.add_server("web")
    with pytest.raises(DownpourError) as caught:
        resolve(
            tenant,
            Entry("server", 2, name="gone"),
            Entry("server", 3, name="web"),
            Entry("volume", 5, name="twin"),
            Entry("image", 7, id="no-such-id"),
            Entry("keypair", 9, name="a\nb"),
        )
    first, second, third, fourth = map(str, caught.value.problems)
    assert caught.value.exit_status == 1
    assert first == 'resources.yml:2: there is no server "gone" in the project [not-found]'
    assert second.startswith('resources.yml:5: 2 resources are volume "twin"; ')
    assert second.endswith(f"{twins[0]}, {twins[1]} [ambiguous]")
    assert "resources.yml:7: there is no image id no-such-id" in third
    assert 'resources.yml:9: there is no keypair "a\\nb"' in fourth


@pytest.mark.parametrize("number", [0, 1])
def test_twins_by_id(number: int) -> None:
    """The id tells twins apart, with or without the name beside it."""
    tenant = Tenant()
    twins = [tenant.add_server("twin") for _ in range(2)]
    expected = {("server", twins[number]): Options()}
    assert resolve(tenant, Entry("server", 1, id=twins[number])) == expected
    assert resolve(tenant, Entry("server", 1, "twin", twins[number])) == expected


def test_an_id_with_another_name_is_nothing() -> None:
    """An entry with both means both: a name that changed since is noticed."""
    tenant = Tenant()
    server = tenant.add_server("new name")
    with pytest.raises(DownpourError, match="not-found"):
        resolve(tenant, Entry("server", 1, "old name", server))


def test_named_twice() -> None:
    """Naming a resource twice is fine as long as both entries ask for the same."""
    tenant = Tenant()
    volume = tenant.add("volume", "data")
    same = [Entry("volume", 1, "data"), Entry("volume", 2, id=volume)]
    assert list(resolve(tenant, *same)) == [("volume", volume)]
    with pytest.raises(DownpourError, match=r"resources\.yml:3: .*contradiction"):
        resolve(tenant, *same, Entry("volume", 3, "data", is_state_saved=False))


def test_the_empty_name_is_a_name() -> None:
    """An empty name finds what has no name, not everything."""
    tenant = Tenant()
    unnamed = tenant.add("volume")
    tenant.add("volume", "data")
    assert list(resolve(tenant, Entry("volume", 1, name=""))) == [("volume", unnamed)]


def test_own_images_before_those_of_others() -> None:
    """A public image of the same name does not make the project's own one ambiguous."""
    tenant = Tenant()
    tenant.add("image", "base", owner=OTHER_PROJECT, visibility="public")
    own = tenant.add("image", "base")
    public = tenant.add("image", "tools", owner=OTHER_PROJECT, visibility="public")
    assert [
        resource.id
        for name in ("base", "tools")
        for resource in list_candidates(Entry("image", 1, name), tenant.inventory())
    ] == [own, public]


def make_server_with_everything(tenant: Tenant) -> tuple[str, dict[str, str]]:
    """Add a server and all that it hangs on; return its id and the ids of that, by label."""
    ids = {
        "image": tenant.add("image", "base"),
        "keypair": tenant.add("keypair", "key"),
        "network": tenant.add("network", "net"),
        "public": tenant.add(
            "network", "public", project_id=OTHER_PROJECT, **{"router:external": True}
        ),
        "group a": tenant.add("security group", "a"),
        "group b": tenant.add("security group", "b"),
        "router": tenant.add("router", "edge"),
    }
    for one, other in (("a", "b"), ("b", "a"), ("b", "b")):
        tenant.add(
            "security group rule",
            security_group_id=ids[f"group {one}"],
            remote_group_id=ids[f"group {other}"],
        )
    ids["subnet"] = tenant.add("subnet", "sub", network_id=ids["network"])
    ids["second subnet"] = tenant.add("subnet", "six", network_id=ids["network"])
    tenant.listings["network.routers"][0]["external_gateway_info"] = {"network_id": ids["public"]}
    tenant.add(
        "port",
        device_id=ids["router"],
        device_owner="network:router_interface",
        network_id=ids["network"],
        fixed_ips=[{"subnet_id": ids["subnet"], "ip_address": "10.0.0.1"}],
    )
    server = tenant.add_server("web", ids["image"], key_name="key")
    ids["port"] = tenant.add(
        "port",
        device_id=server,
        network_id=ids["network"],
        security_groups=[ids["group a"]],
        fixed_ips=[{"subnet_id": ids["subnet"], "ip_address": "10.0.0.7"}],
    )
    ids["volume"] = tenant.add_attached_volume(server, "data")
    return server, ids


def test_a_server_brings_what_it_hangs_on() -> None:
    """Keypair, ports, networks, all their subnets, routers, groups in a cycle, and volumes come."""
    tenant = Tenant()
    server, ids = make_server_with_everything(tenant)
    for name in ("other", ""):
        tenant.add("network", name)
        tenant.add("security group", name)
        tenant.add("volume", name)
        tenant.add("router", name)
        tenant.add_server(name, ids["image"])
    found = [resource.id for resource in tenant.walk(("server", server)).resources]
    assert found == [
        ids[label]
        for label in (
            "keypair",
            "group a",
            "group b",
            "network",
            "second subnet",
            "subnet",
            "router",
            "port",
            "volume",
        )
    ] + [server]


def test_networks_of_others_are_not_created() -> None:
    """External networks and those that others share are referred to, their subnets too."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"))
    shared = tenant.add("network", "shared", project_id=OTHER_PROJECT, shared=True)
    subnet = tenant.add("subnet", "shared", network_id=shared, project_id=OTHER_PROJECT)
    own_external = tenant.add("network", "mine", **{"router:external": True})
    for network in (shared, own_external):
        tenant.add(
            "port",
            device_id=server,
            network_id=network,
            fixed_ips=[{"subnet_id": subnet, "ip_address": "10.0.0.7"}],
        )
    types = {resource.type for resource in tenant.walk(("server", server)).resources}
    assert types == {"server", "port"}


def test_groups_of_others_are_not_created() -> None:
    """A rule may refer to a group of another project; that group does not come along."""
    tenant = Tenant()
    foreign = tenant.add("security group", "foreign", project_id=OTHER_PROJECT)
    own = tenant.add("security group", "own")
    tenant.add("security group rule", security_group_id=own, remote_group_id=foreign)
    tenant.add("security group rule", security_group_id=own, remote_group_id="invisible")
    plan = tenant.plan(("security group", own))
    assert [resource.id for resource in plan.resources] == [own]
    assert len(plan.findings) == 2


@pytest.mark.parametrize("is_state_saved", [True, False])
def test_the_image_comes_when_the_state_does_not(is_state_saved: bool) -> None:
    """With its state a server needs no image; without it the image comes, whoever owns it."""
    tenant = Tenant()
    image = tenant.add("image", "base", owner=OTHER_PROJECT, visibility="public")
    server = ("server", tenant.add_server("web", image))
    closure = tenant.walk(server, options={server: Options(is_state_saved)})
    brought = [resource.id for resource in closure.resources if resource.type == "image"]
    assert brought == ([] if is_state_saved else [image])


def test_another_keypair() -> None:
    """The keypair that the file asks for comes beside the server's own; it need not exist."""
    tenant = Tenant()
    tenant.add("keypair", "own")
    tenant.add("keypair", "asked")
    server = ("server", tenant.add_server("web", tenant.add("image"), key_name="own"))

    def walk_keypairs(key_name: str) -> list[str]:
        closure = tenant.walk(server, options={server: Options(key_name=key_name)})
        return [resource.id for resource in closure.resources if resource.type == "keypair"]

    assert walk_keypairs("asked") == ["asked", "own"]
    assert walk_keypairs("not in the source") == ["own"]


def test_kernels_come_before_the_images_that_need_them() -> None:
    """An image in three parts brings the other two, and they are made first."""
    tenant = Tenant()
    kernel, ramdisk = tenant.add("image", "z kernel"), tenant.add("image", "y ramdisk")
    image = tenant.add("image", "a image", kernel_id=kernel, ramdisk_id=ramdisk)
    found = [resource.id for resource in tenant.walk(("image", image)).resources]
    assert found == [ramdisk, kernel, image]


def test_a_volume_does_not_bring_its_server() -> None:
    """Naming an attached volume takes the volume only."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image"))
    volume = tenant.add_attached_volume(server, "data")
    found = [resource.key for resource in tenant.walk(("volume", volume)).resources]
    assert found == [("volume", volume)]


def test_each_listing_is_read_once() -> None:
    """The walk reads whole listings, one time for each type, never single resources."""
    tenant = Tenant()
    server, _ = make_server_with_everything(tenant)
    read: list[str] = []

    def read_listing(listing: Listing) -> list[dict[str, Any]]:
        read.append(listing.name)
        return tenant.listings[listing.name]

    walk_selection(
        {("server", server): Options()}, Inventory(RESOURCE_TYPES, read_listing, PROJECT)
    )
    assert {"compute.servers", "network.ports", "network.security_group_rules"} <= set(read)
    assert sorted(read) == sorted(set(read))


def test_describing_resources() -> None:
    """Messages name type, name and id; a keypair's id is its name."""
    tenant = Tenant()
    volume = tenant.get("volume", tenant.add("volume", "a\nb"))
    keypair = tenant.get("keypair", tenant.add("keypair", "key"))
    assert describe_resource(volume) == f'volume "a\\nb" ({volume.id})'
    assert describe_resource(keypair) == 'keypair "key"'
