"""Each type of the collection, run by a member against a real cloud: every attribute arrives."""

from __future__ import annotations

from typing import Any

from demo.sandbox.disks import Disk, list_attached
from demo.sandbox.projects import Project
from tests.integration.api import Api
from tests.integration.collection.bundle import (
    Bundle,
    Reference,
    Task,
    make_destination_task,
    make_image_task,
    make_old_id,
    make_port_task,
    make_servers_ready,
    make_task,
    make_volumes_ready,
    refer,
)
from tests.integration.journey import expect_no_writes

RULES = [
    {"direction": "ingress", "protocol": "tcp", "port_range_min": 1, "port_range_max": 65535},
    {"direction": "ingress", "protocol": "icmp", "port_range_min": 0, "port_range_max": 0},
    {"direction": "ingress", "ethertype": "IPv6", "protocol": "icmp", "description": "pïng"},
    {"direction": "ingress", "protocol": "6", "port_range_min": 22, "port_range_max": 22},
    {"direction": "egress", "remote_ip_prefix": "0.0.0.0/0"},
    {"direction": "ingress", "remote_group_id": refer("group")},
]


def make_everything(bundle: Bundle) -> list[Task]:
    """Return one task of each kind, with values that are not the defaults."""
    disk = bundle.make_disk("disk")
    return [
        make_destination_task(
            flavors={"tiny": "m1.tiny", "none": "m1.nodisk"},
            networks={"public": "public", "nothing": None},
            volume_types={"file": "file"},
            availability_zones={"nova": "nova"},
        ),
        make_task(
            "keypair", "key", old_id="key", public_key_file=bundle.make_key("key"), key_type="ssh"
        ),
        make_task("security_group", "group", description="a\nb", stateful=True, tags=["x"]),
        make_task("security_group_rules", "group", security_group=refer("group"), rules=RULES)
        | {"register": "rules"},
        make_task("network", "net", mtu=1400, port_security_enabled=False, admin_state_up=False),
        make_task(
            "subnet",
            "subnet",
            network=refer("net"),
            ip_version=4,
            cidr="10.1.0.0/24",
            gateway_ip="10.1.0.7",
            enable_dhcp=False,
            allocation_pools=[{"start": "10.1.0.100", "end": "10.1.0.120"}],
            dns_nameservers=["10.1.0.9", "10.1.0.3"],
            host_routes=[{"destination": "10.9.0.0/16", "nexthop": "10.1.0.8"}],
            tags=["first", "second"],
        ),
        make_task(
            "subnet",
            "closed",
            network=refer("net"),
            ip_version=4,
            cidr="10.2.0.0/24",
            gateway_ip=None,
        ),
        make_task(
            "router",
            "router",
            external_network=Reference("destination.networks.public"),
            interfaces=[
                {"subnet": refer("subnet"), "ip_address": None},
                {"subnet": refer("closed"), "ip_address": "10.2.0.77"},
            ],
            routes=[{"destination": "10.8.0.0/16", "nexthop": "10.1.0.8"}],
        ),
        make_port_task(
            "front",
            fixed_ips=[{"subnet": refer("subnet"), "ip_address": "10.1.0.17"}],
            mac_address="fa:16:3e:00:00:17",
            port_security_enabled=True,
            security_groups=[refer("group")],
            allowed_address_pairs=[{"ip_address": "10.1.0.200"}],
            extra_dhcp_opts=[{"opt_name": "mtu", "opt_value": "1300", "ip_version": 4}],
            vnic_type="direct",
        ),
        make_port_task("back", port_security_enabled=False, admin_state_up=False, fixed_ips=[]),
        make_port_task("plain", port_security_enabled=True, security_groups=[], vnic_type="normal"),
        make_port_task("other"),
        make_image_task(
            "image",
            disk,
            min_disk=1,
            min_ram=64,
            visibility="private",
            os_hidden=True,
            protected=True,
            properties={"hw_disk_bus": "virtio", "note": "{{ 7 * 7 }}"},
            tags=["blue"],
        ),
        make_image_task("boxed", disk, owner="server", recorded=False),
        make_task(
            "volume",
            "root",
            size=1,
            description="root",
            metadata={"a": "b"},
            availability_zone="nova",
            data={**disk, "properties": {"hw_video_model": "vga"}},
        ),
        make_task("volume", "first", size=1, volume_type="file"),
        make_task("volume", "second", size=1),
        make_volumes_ready(
            {"name": "root", "bootable": True, "image_metadata": {"os_distro": "{{ x }}"}},
            {"name": "first", "readonly": True},
            {"name": "second"},
        ),
        make_task(
            "server",
            "server",
            flavor=Reference("destination.flavors.none"),
            key_name="key",
            ports=[refer("other"), refer("plain")],
            volumes=[
                {"volume": refer("root"), "boot_index": 0, "delete_on_termination": True},
                {"volume": refer("second")},
                {"volume": refer("first")},
            ],
            metadata={"role": "{{ web }}"},
            tags=["green"],
            description="d",
            config_drive=True,
            availability_zone="nova",
        ),
        make_task(
            "server",
            "boxed",
            flavor=Reference("destination.flavors.tiny"),
            image=refer("boxed"),
            ports=[],
            is_stopped=True,
        )
        | {"register": "boxed_server"},
        make_servers_ready(
            {"name": "server"},
            {"name": "boxed", "id": refer("boxed_server"), "is_stopped": True},
        ),
    ]


def test_every_type_is_made_as_it_was(bundle: Bundle, destination: Project, api: Api) -> None:
    """Each attribute arrives; a check run writes nothing before, and a second run nothing after."""
    destination.set_quota("network", security_group_rule=-1)
    bundle.write_tasks(*make_everything(bundle))
    with expect_no_writes(destination):
        assert bundle.run("--check").expect_success().changed == 20
    assert not bundle.record.exists()
    bundle.run().expect_success()
    check_network_types(bundle, api)
    check_disks(bundle, api)
    check_servers(bundle, api)
    with expect_no_writes(destination):
        assert bundle.run("-v").expect_success().changed == 0
        assert bundle.run("--check").expect_success().changed == 0


def check_network_types(bundle: Bundle, api: Api) -> None:
    """Compare what neutron has with the tasks."""
    network = api.read("network", bundle.get_new_id("net"))
    assert (network["mtu"], network["port_security_enabled"]) == (1400, False)
    assert (network["name"], network["admin_state_up"]) == ("net", False)
    assert network["tags"] == [f"downpour:{make_old_id('net')}"]
    subnet = api.read("subnet", bundle.get_new_id("subnet"))
    assert subnet["gateway_ip"] == "10.1.0.7"
    assert subnet["dns_nameservers"] == ["10.1.0.9", "10.1.0.3"]
    assert subnet["allocation_pools"] == [{"start": "10.1.0.100", "end": "10.1.0.120"}]
    assert subnet["host_routes"] == [{"destination": "10.9.0.0/16", "nexthop": "10.1.0.8"}]
    assert subnet["enable_dhcp"] is False
    assert set(subnet["tags"]) == {"first", "second", f"downpour:{make_old_id('subnet')}"}
    closed = api.read("subnet", bundle.get_new_id("closed"))
    assert closed["gateway_ip"] is None
    router = api.read("router", bundle.get_new_id("router"))
    assert router["external_gateway_info"]["network_id"]
    assert router["routes"] == [{"destination": "10.8.0.0/16", "nexthop": "10.1.0.8"}]
    ports = {port["id"]: port for port in api.list_all("port")}
    inside = [x for x in ports.values() if x["device_owner"] == "network:router_interface"]
    assert {x["ip_address"] for port in inside for x in port["fixed_ips"]} == {
        "10.1.0.7",
        "10.2.0.77",
    }
    assert [port["name"] for port in inside] == ["", ""]
    front = ports[bundle.get_new_id("front")]
    assert [x["ip_address"] for x in front["fixed_ips"]] == ["10.1.0.17"]
    assert front["mac_address"] == "fa:16:3e:00:00:17"
    assert front["security_groups"] == [bundle.get_new_id("group")]
    assert [x["ip_address"] for x in front["allowed_address_pairs"]] == ["10.1.0.200"]
    assert front["extra_dhcp_opts"] == [{"opt_name": "mtu", "opt_value": "1300", "ip_version": 4}]
    assert front["binding:vnic_type"] == "direct"
    back = ports[bundle.get_new_id("back")]
    assert (back["fixed_ips"], back["admin_state_up"]) == ([], False)
    assert back["port_security_enabled"] is False
    group = api.read("security group", bundle.get_new_id("group"))
    assert (group["name"], group["description"]) == ("group", "a\nb")
    assert simplify_rules(group) == {
        ("ingress", "IPv4", "tcp", None, None, None, None, ""),
        ("ingress", "IPv4", "icmp", 0, 0, None, None, ""),
        ("ingress", "IPv6", "ipv6-icmp", None, None, None, None, "pïng"),
        ("ingress", "IPv4", "6", 22, 22, None, None, ""),
        ("egress", "IPv4", None, None, None, "0.0.0.0/0", None, ""),
        ("ingress", "IPv4", None, None, None, None, group["id"], ""),
    }


def simplify_rules(group: dict[str, Any]) -> set[tuple[Any, ...]]:
    """Return what matters of a group's rules."""
    names = (
        *("direction", "ethertype", "protocol", "port_range_min", "port_range_max"),
        *("remote_ip_prefix", "remote_group_id", "description"),
    )
    return {tuple(rule[name] for name in names) for rule in group["security_group_rules"]}


def check_disks(bundle: Bundle, api: Api) -> None:
    """Compare what glance and cinder have with the tasks."""
    image = api.read("image", bundle.get_new_id("image"))
    assert (image["status"], image["protected"], image["os_hidden"]) == ("active", True, True)
    assert (image["min_disk"], image["min_ram"], image["visibility"]) == (1, 64, "private")
    assert (image["hw_disk_bus"], image["note"]) == ("virtio", "{{ 7 * 7 }}")
    assert set(image["tags"]) == {"blue", f"downpour:{make_old_id('image')}"}
    assert {x["name"] for x in api.list_all("image")} == {"image", "boxed"}
    root = api.read("volume", bundle.get_new_id("root"))
    assert (root["description"], root["bootable"], root["status"]) == ("root", "true", "in-use")
    assert root["metadata"]["a"] == "b"
    assert root["volume_image_metadata"] == {"os_distro": "{{ x }}"}
    disk = api.project.open_volume(root["id"]).path.read_bytes()[: 16 << 20]
    twin = bundle.directory / "twin.raw"
    twin.write_bytes(disk)

    assert Disk(twin).has_pattern("disk")
    first = api.read("volume", bundle.get_new_id("first"))
    assert (first["metadata"]["readonly"], first["bootable"]) == ("True", "false")
    assert "volume_image_metadata" not in first


def check_servers(bundle: Bundle, api: Api) -> None:
    """Compare what nova has with the tasks."""
    server = api.read("server", bundle.get_new_id("server"))
    assert (server["name"], server["status"], server["key_name"]) == ("server", "ACTIVE", "key")
    assert server["metadata"] == {"role": "{{ web }}"}
    assert set(server["tags"]) == {"green", f"downpour:{make_old_id('server')}"}
    assert (server["config_drive"], server["description"]) == ("True", "d")
    attached = list_attached(api.project.cloud, server["id"])
    assert [disk.path.name.removeprefix("volume-") for disk in attached.values()] == [
        bundle.get_new_id(label) for label in ("root", "second", "first")
    ]
    kept = {x["id"]: x["delete_on_termination"] for x in read_attachments(api, server["id"])}
    assert kept == {
        bundle.get_new_id("root"): True,
        bundle.get_new_id("second"): False,
        bundle.get_new_id("first"): False,
    }
    interfaces = api.send("server", "GET", f"/servers/{server['id']}/os-interface")
    assert {x["port_id"] for x in interfaces["interfaceAttachments"]} == {
        bundle.get_new_id("other"),
        bundle.get_new_id("plain"),
    }
    boxed = api.read("server", bundle.get_new_id("boxed"))
    assert (boxed["status"], boxed["addresses"]) == ("SHUTOFF", {})
    assert boxed["tags"] == [f"downpour:{make_old_id('boxed')}"]


def read_attachments(api: Api, server_id: str) -> list[dict[str, Any]]:
    """Return a server's volumes as nova lists them."""
    path = f"/servers/{server_id}/os-volume_attachments"
    listed = api.send("server", "GET", path)["volumeAttachments"]
    return [{**item, "id": item["volumeId"]} for item in listed]
