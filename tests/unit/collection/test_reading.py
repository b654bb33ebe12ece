"""The declarations read the other way: an object's document back to arguments."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    UNSET,
    Argument,
    build_body,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.listings import Listings
from ansible_collections.downpour.cloud.plugins.plugin_utils.reading import (
    Difference,
    find_differences,
    read_arguments,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES, RESOURCE_TYPES

from tests.unit.collection.recorder import PreparedListings, Recorder

PORT, ROUTER, SERVER = RESOURCE_TYPES["port"], RESOURCE_TYPES["router"], RESOURCE_TYPES["server"]
SUBNET, VOLUME, IMAGE = RESOURCE_TYPES["subnet"], RESOURCE_TYPES["volume"], RESOURCE_TYPES["image"]
# What is sent and told by one name, so that the body of the request is a document, too.
PLAIN = [
    (name, argument)
    for name, resource_type in RESOURCE_TYPES.items()
    for argument in resource_type.list_arguments()
    if argument.is_in_body
    and argument.wire_name is not None
    and argument.read is None
    and argument.name not in resource_type.readers
]


def choose_values(argument: Argument) -> tuple[Any, Any]:
    """Return two values that mean different things."""
    if argument.choices:
        return argument.choices[0], argument.choices[1]
    if argument.options:
        both = [choose_values(option) for option in argument.options]
        names = [option.name for option in argument.options]
        one, other = ([dict(zip(names, values, strict=True))] for values in zip(*both, strict=True))
        return one, other
    texts = {"list": (["one"], ["other"]), "dict": ({"a": "1"}, {"a": "2"})}
    plain = {"int": (1, 2), "bool": (True, False), "str": ("one", "other"), "path": ("a", "b")}
    return (texts | plain)[argument.kind]


@pytest.mark.parametrize(
    ("type_name", "argument"), PLAIN, ids=lambda item: getattr(item, "name", item)
)
def test_what_was_sent_is_what_is_read(type_name: str, argument: Argument) -> None:
    """An object as it was asked for has no difference, one with another value has just that."""
    resource_type = RESOURCE_TYPES[type_name]
    one, other = choose_values(argument)
    document = build_body((argument,), {argument.name: one})
    listings = PreparedListings(
        ports=[], subnets=[], volumes=[], flavors=[], volume_types=[], server_groups=[]
    )
    found = read_arguments(resource_type, listings, document)
    assert found[argument.name] == one
    relevant = {
        difference.argument: difference
        for wanted in (one, other)
        for difference in find_differences(
            resource_type, listings, {argument.name: wanted}, document
        )
        if difference.argument == argument.name
    }
    assert relevant == {argument.name: Difference(argument.name, other, one)}


def test_what_is_left_out_is_what_the_api_makes_of_it() -> None:
    """A service that does not tell has the default; another value is a difference."""
    assert find_differences(PORT, PreparedListings(), {}, {}) == []
    assert find_differences(PORT, PreparedListings(), {"description": None}, {}) == []
    found = find_differences(PORT, PreparedListings(), {}, {"admin_state_up": False})
    assert found == [Difference("admin_state_up", True, False)]
    assert find_differences(PORT, PreparedListings(), {}, {"mac_address": "any"}) == []


def test_null_is_a_value_where_it_is_one() -> None:
    """A subnet without a gateway is not one with the first address."""
    assert read_arguments(SUBNET, PreparedListings(), {"gateway_ip": None})["gateway_ip"] is None
    wanted, document = {"gateway_ip": None}, {"gateway_ip": "10.0.0.1"}
    assert find_differences(SUBNET, PreparedListings(), wanted, document) == [
        Difference("gateway_ip", None, "10.0.0.1")
    ]
    assert find_differences(SUBNET, PreparedListings(), {}, document) == []


def test_tags_of_the_collection_are_not_the_sources() -> None:
    """The marker is dropped, and the order says nothing."""
    document = {"tags": ["b", "downpour:0a", "a", "downpour:stop"]}
    assert read_arguments(PORT, PreparedListings(), document)["tags"] == ["a", "b"]
    wanted: dict[str, Any] = {"tags": ["b", "a"]}
    assert find_differences(PORT, PreparedListings(), wanted, document) == []
    assert find_differences(PORT, PreparedListings(), {"tags": []}, document) != []


def make_interface(subnet: str, address: str, **details: Any) -> dict[str, Any]:
    """Return a port by which router r joins a subnet."""
    owner = {"device_id": "r", "device_owner": "network:router_interface"}
    return {**owner, "fixed_ips": [{"subnet_id": subnet, "ip_address": address}], **details}


def test_interfaces_are_read_by_their_ports() -> None:
    """The gateway's address goes without saying, unless the task says it; others do not count."""
    automatic = {"subnet_id": "auto", "ip_address": "fd00::f816"}
    ports = [
        make_interface("a", "10.0.0.1"),
        make_interface("b", "10.1.0.9"),
        make_interface("c", "10.2.0.9", device_id="other"),
        make_interface("d", "10.3.0.9", device_owner="network:router_gateway"),
        make_interface("e", "10.4.0.9", device_owner="network:router_interface_distributed"),
        make_interface("auto", "fd00::1", fixed_ips=[automatic]),
        make_interface(
            "f", "", fixed_ips=[{"subnet_id": "f", "ip_address": "10.5.0.9"}, automatic]
        ),
    ]
    subnets = [
        *({"id": name, "gateway_ip": f"10.{number}.0.1"} for number, name in enumerate("abcdef")),
        {"id": "auto", "gateway_ip": "fd00::1", "ipv6_ra_mode": "slaac"},
    ]
    listings = PreparedListings(ports=ports, subnets=subnets)
    expected: list[dict[str, Any]] = [
        {"subnet": "b", "ip_address": "10.1.0.9"},
        {"subnet": "e", "ip_address": "10.4.0.9"},
        {"subnet": "f", "ip_address": "10.5.0.9"},
        {"subnet": "a"},
        {"subnet": "auto"},
    ]
    found = read_arguments(ROUTER, listings, {"id": "r"})["interfaces"]
    assert sorted(found, key=str) == sorted(expected, key=str)
    named = {"interfaces": [*expected[:3], {"subnet": "a", "ip_address": "10.0.0.1"}, expected[4]]}
    nulled = {"interfaces": [*expected[:3], {"subnet": "a", "ip_address": None}, expected[4]]}
    for wanted in ({"interfaces": expected}, named, nulled):
        assert find_differences(ROUTER, listings, wanted, {"id": "r"}) == []
    for changed in (
        expected[1:],
        [{"subnet": "b"}, *expected[1:]],
        [*expected[:3], {"subnet": "a", "ip_address": "10.0.0.2"}, expected[4]],
    ):
        assert find_differences(ROUTER, listings, {"interfaces": changed}, {"id": "r"})


def test_the_gateway_of_a_router_is_its_external_network() -> None:
    """Where there is none, nothing is read."""
    listings = PreparedListings(ports=[], subnets=[])
    document: dict[str, Any] = {"id": "r", "external_gateway_info": {"network_id": "public"}}
    assert read_arguments(ROUTER, listings, document)["external_network"] == "public"
    without = {"id": "r", "external_gateway_info": None}
    assert "external_network" not in read_arguments(ROUTER, listings, without)


def make_server(**details: Any) -> tuple[dict[str, Any], PreparedListings]:
    """Return a server on two networks with three ports and two volumes."""
    addresses = {
        "one": [{"OS-EXT-IPS-MAC:mac_addr": "m1"}, {"OS-EXT-IPS-MAC:mac_addr": "m3"}],
        "two": [{"OS-EXT-IPS-MAC:mac_addr": "m2"}],
    }
    server = {
        "id": "s",
        "flavor": {"original_name": "m1.tiny"},
        "image": "",
        "addresses": addresses,
        "os-extended-volumes:volumes_attached": [{"id": "root", "delete_on_termination": True}],
        **details,
    }

    def port(number: int, network: str, device: str = "s") -> dict[str, Any]:
        names = {"id": f"p{number}", "mac_address": f"m{number}"}
        return {**names, "network_id": network, "device_id": device}

    def volume(name: str, device: str, server_id: str = "s") -> dict[str, Any]:
        return {"id": name, "attachments": [{"server_id": server_id, "device": device}]}

    return server, PreparedListings(
        ports=[port(3, "one"), port(2, "two"), port(1, "one"), port(4, "one", "other")],
        volumes=[
            volume("far", "/dev/vdaa"),
            volume("data", "/dev/vdb"),
            volume("root", "/dev/vda"),
            volume("foreign", "/dev/vdb", "other"),
        ],
        flavors=[{"id": "41", "name": "m1.small"}, {"id": "42", "name": "m1.tiny"}],
        server_groups=[{"id": "other", "members": []}, {"id": "apart", "members": ["s"]}],
    )


@pytest.mark.parametrize(
    ("ports", "is_same"),
    [
        (["p1", "p3", "p2"], True),
        (["p1", "p2", "p3"], True),
        (["p3", "p1", "p2"], False),
        (["p2", "p1", "p3"], False),
        (["p1", "p3"], False),
        (["p1", "p3", "p2", "p4"], False),
    ],
)
def test_ports_are_in_the_order_of_the_network_cards(ports: list[str], is_same: bool) -> None:
    """As far as nova tells: it groups the addresses by network."""
    server, listings = make_server()
    differences = find_differences(SERVER, listings, {"ports": ports}, server)
    assert [item.argument for item in differences] == ([] if is_same else ["ports"])


def test_a_server_without_addresses_tells_no_order() -> None:
    """While it is built, which ports it has is all that can be compared."""
    server, listings = make_server(addresses={})
    for ports in (["p3", "p2", "p1"], ["p1", "p2", "p3"]):
        assert find_differences(SERVER, listings, {"ports": ports}, server) == []
    assert find_differences(SERVER, listings, {"ports": ["p1", "p2"]}, server)


def test_volumes_are_in_the_order_of_their_devices() -> None:
    """The first is what the server boots from, if it is not an image."""
    server, listings = make_server()
    found = read_arguments(SERVER, listings, server)
    assert found["server_group"] == "apart"
    assert found["volumes"] == [
        {"volume": "root", "delete_on_termination": True, "boot_index": 0},
        {"volume": "data", "delete_on_termination": False},
        {"volume": "far", "delete_on_termination": False},
    ]
    assert (found["flavor"], found["ports"]) == ("42", ["p1", "p3", "p2"])
    with_image = {**server, "image": {"id": "i"}}
    assert read_arguments(SERVER, listings, with_image)["image"] == "i"
    assert "boot_index" not in read_arguments(SERVER, listings, with_image)["volumes"][0]


def test_a_flavor_is_told_by_id_or_by_name() -> None:
    """Before 2.47 by its id; a name that is in no listing stands for itself."""
    server, listings = make_server(flavor={"id": "7"})
    assert read_arguments(SERVER, listings, server)["flavor"] == "7"
    server, listings = make_server(flavor={"original_name": "gone"})
    assert read_arguments(SERVER, listings, server)["flavor"] == "gone"


def test_words_of_nova_become_values() -> None:
    """The drive is text, the description null, the zone has a prefix."""
    server, listings = make_server(
        config_drive="True", description=None, **{"OS-EXT-AZ:availability_zone": "nova"}
    )
    found = read_arguments(SERVER, listings, server)
    assert (found["config_drive"], found["description"]) == (True, "")
    assert found["availability_zone"] == "nova"
    server["config_drive"] = ""
    assert read_arguments(SERVER, listings, server)["config_drive"] is False


def test_a_volume_type_is_told_as_it_was_asked_for() -> None:
    """Cinder tells the name; a task may have the id."""
    listings = PreparedListings(
        volume_types=[{"id": "1", "name": "fast"}, {"id": "2", "name": "slow"}]
    )
    document = {"volume_type": "fast"}
    assert read_arguments(VOLUME, listings, document)["volume_type"] == "fast"
    for wanted, is_same in (("fast", True), ("1", True), ("slow", False), ("2", False)):
        found = find_differences(VOLUME, listings, {"volume_type": wanted}, document)
        assert (not found) is is_same, wanted


def test_metadata_of_a_volume_is_without_the_marker() -> None:
    """And without what cinder shows beside it."""
    metadata = {"a": "b", "downpour": "0a", "readonly": "True", "attached_mode": "rw"}
    listings = PreparedListings(volume_types=[])
    assert read_arguments(VOLUME, listings, {"metadata": metadata})["metadata"] == {"a": "b"}


def test_an_image_is_its_digest_and_its_properties() -> None:
    """A digest of another kind says nothing; what glance adds is no difference."""
    document = {"os_hash_algo": "sha512", "os_hash_value": "ab", "hw_disk_bus": "virtio", "x": "y"}
    wanted: dict[str, Any] = {"sha512": "AB", "properties": {"hw_disk_bus": "virtio"}}
    assert find_differences(IMAGE, PreparedListings(), wanted, document) == []
    other = {"sha512": "cd", "properties": {"hw_disk_bus": "scsi"}}
    found = find_differences(IMAGE, PreparedListings(), other, document)
    assert [item.argument for item in found] == ["sha512", "properties"]
    document["os_hash_algo"] = "md5"
    assert find_differences(IMAGE, PreparedListings(), {"sha512": "cd"}, document) == []


def test_rules_are_read_from_their_group() -> None:
    """Forms that neutron takes for the same are the same."""
    module = MODULES["security_group_rules"]
    rule = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "id": "x"}
    document = {"id": "g", "security_group_rules": [{**rule, "port_range_min": None}]}
    wanted = {"rules": [{"direction": "ingress", "ethertype": "IPv4", "protocol": "6"}]}
    assert find_differences(module, PreparedListings(), wanted, document) == []
    assert find_differences(module, PreparedListings(), {"rules": []}, document)
    [found] = read_arguments(module, PreparedListings(), document)["rules"]
    assert found == {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}


def test_a_listing_is_read_once() -> None:
    """A thousand routers need one listing of ports."""
    cloud = Recorder({"GET /ports": {"ports": [{"id": "p"}]}})
    listings = Listings(cloud)
    assert listings.read("network", "/ports", "ports") == [{"id": "p"}]
    assert listings.read("network", "/ports", "ports") == [{"id": "p"}]
    assert len(cloud.sent) == 1


def test_unset_is_not_none() -> None:
    """What nobody asked for and what was asked for as null differ."""
    argument = Argument("x", "Text.", wire=None)
    assert argument.read_value({"x": 1}) is UNSET
    assert Argument("x", "Text.").read_value({}) is None
