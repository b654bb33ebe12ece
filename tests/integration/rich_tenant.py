"""A tenant with a value that is not the default in every attribute that a move carries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from demo.sandbox.projects import Project
from tests.integration.tenants import Tenant, make_qcow2

WEB_MAC, TWIN_ADDRESS = "fa:16:3e:0d:0e:0f", "10.40.0.7"
ROOT_PROPERTIES = {
    "hw_disk_bus": "virtio",
    "hw_machine_type": "q35",
    "os_distro": "cirros",
    "is_default": "false",
    "purpose": "tests: {of} moves",
}
# Of a key that nobody has.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBeDCCAR2gAwIBAgIUY6bggR4BSr8JEUX4T/qKvTAw8UgwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFdGVzdHMwIBcNMjYxMTIxMTIxODI2WhgPMjEyNjEwMjgxMjE4
MjZaMBAxDjAMBgNVBAMMBXRlc3RzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
w69y3rKEtTxxXESuno0g8GJocA1D3B0fpPRscbKZbNBV7z11rVjhgc8+JKKy+p1M
MfjURkxeVsxwcfNiO9N+JqNTMFEwHQYDVR0OBBYEFDEs7rlT7j0I7Xo62LMn/Nop
nFvnMB8GA1UdIwQYMBaAFDEs7rlT7j0I7Xo62LMn/NopnFvnMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAOBohejzHhGEhzR+p4zOMw2jP9pyCMke
fpJHNFVmPByjAiEAiWGMbTKkpvmV26bocElozuWFqSVTHQRUcNRW3/1MBkA=
-----END CERTIFICATE-----
"""
VOLUMES = ("data-z", "data-a", "archive", "twin volume 1", "twin volume 2", "unnamed volume")
SERVERS = ("web", "stopped", "database", "twin server 1", "twin server 2")


def build_rich_tenant(project: Project, scratch: Path) -> Tenant:
    """Fill a project with everything that a move has to keep; its disks hold patterns."""
    tenant = Tenant(project, scratch)

    def add_network_parts() -> None:
        add_networks(tenant)
        add_routers(tenant)
        add_groups(tenant)
        add_ports(tenant)

    # The services are processes of their own: they can work at the same time.
    with ThreadPoolExecutor() as pool:
        network_parts = pool.submit(add_network_parts)
        add_images(tenant)
        add_volumes(tenant)
        network_parts.result()
    for name in ("login", "other login"):
        tenant.add_keypair(name)
    tenant.add("keypair", "certificate", type="x509", public_key=CERTIFICATE)
    add_servers(tenant)
    for label in (*VOLUMES, "root"):
        project.open_volume(tenant[label]).write_pattern(label)
    for label in ("web", "stopped"):
        project.open_root_disk(tenant[label]).write_pattern(label)
    return tenant


def add_images(tenant: Tenant) -> None:
    """Add one to boot from, a hidden one, and one with its kernel and ramdisk apart."""
    tenant.add_image(
        "base",
        make_qcow2(tenant.scratch, "base"),
        disk_format="qcow2",
        min_disk=1,
        min_ram=64,
        tags=["blue", "downpourish"],
        visibility="community",
        **ROOT_PROPERTIES,
    )
    tenant.add_image("hidden", b"hidden" * 4096, os_hidden=True, os_version="7")
    tenant.api.patch_image(tenant["hidden"], protected=True)
    for label, kind in (("kernel", "aki"), ("ramdisk", "ari")):
        tenant.add_image(label, label.encode() * 999, disk_format=kind, container_format=kind)
    tenant.add_image(
        "machine",
        b"machine" * 4096,
        disk_format="ami",
        container_format="ami",
        kernel_id=tenant["kernel"],
        ramdisk_id=tenant["ramdisk"],
    )


def add_volumes(tenant: Tenant) -> None:
    """Add volumes to attach and to leave alone, twins and one without a name."""
    tenant.add("volume", "root", size=1, imageRef=tenant["base"])
    tenant.add("volume", "data-z", size=1, description="the first of two")
    tenant.add("volume", "data-a", size=1)
    tenant.add(
        "volume",
        "archive",
        size=1,
        description='all of "last" year\nand the year before',
        volume_type="fast",
        metadata={"purpose": "archive", "cost centre": "0042"},
    )
    tenant.add("volume", "reference", size=2)
    tenant.add("volume", "scratch", size=1)
    for number in (1, 2):
        tenant.add("volume", f"twin volume {number}", name="twin", size=1)
    tenant.add("volume", "unnamed volume", name="", size=1)
    tenant.wait("volume", "available", "root", "reference", "scratch", *VOLUMES)
    api = tenant.api
    api.act("volume", tenant["reference"], **{"os-update_readonly_flag": {"readonly": True}})
    api.act("volume", tenant["archive"], **{"os-set_bootable": {"bootable": True}})
    facts = {"hw_firmware_type": "uefi", "os_type": "linux"}
    api.act("volume", tenant["archive"], **{"os-set_image_metadata": {"metadata": facts}})


def add_networks(tenant: Tenant) -> None:
    """Add one with two address families, a closed one, an open one, a dark one, and twins."""
    tenant.add("network", "front", description="reaches the world")
    tenant.add("network", "back", mtu=1400, tags=["inner", "two words"], dns_domain="back.example.")
    tenant.add("network", "open", port_security_enabled=False)
    tenant.add("network", "dark", admin_state_up=False)

    def add_subnet(label: str, network: str, cidr: str, **body: Any) -> None:
        ip_version = 6 if ":" in cidr else 4
        network_id = tenant[network]
        tenant.add("subnet", label, network_id=network_id, ip_version=ip_version, cidr=cidr, **body)

    add_subnet(
        "front-v4",
        "front",
        "10.10.0.0/24",
        gateway_ip="10.10.0.254",
        dns_nameservers=["192.0.2.54", "192.0.2.53"],
        host_routes=[{"destination": "10.77.0.0/16", "nexthop": "10.10.0.77"}],
        description="the first",
        tags=["v4"],
    )
    add_subnet(
        "front-v6",
        "front",
        "2001:db8:10::/64",
        ipv6_ra_mode="dhcpv6-stateful",
        ipv6_address_mode="dhcpv6-stateful",
    )
    add_subnet(
        "back-v4",
        "back",
        "10.20.0.0/24",
        gateway_ip=None,
        enable_dhcp=False,
        allocation_pools=[
            {"start": "10.20.0.50", "end": "10.20.0.60"},
            {"start": "10.20.0.100", "end": "10.20.0.200"},
        ],
    )
    add_subnet("open-v4", "open", "10.30.0.0/28")
    automatic = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    add_subnet("open-v6", "open", "2001:db8:30::/64", **automatic)
    add_subnet("dark-v4", "dark", "10.31.0.0/28", name="")
    for number in (1, 2):
        tenant.add("network", f"twin network {number}", name="twin")
        add_subnet(f"twin subnet {number}", f"twin network {number}", "10.40.0.0/24", name="twin")


def add_routers(tenant: Tenant) -> None:
    """Add one with a gateway, an address of its own choice and a route, and one that is off."""
    public = tenant.find_network("public")
    tenant.add(
        "router",
        "edge",
        external_gateway_info={"network_id": public},
        description="to the world",
        tags=["edge"],
    )
    for subnet in ("front-v4", "front-v6"):
        tenant.join("edge", subnet_id=tenant[subnet])
    tenant.add(
        "port",
        "edge to back",
        name="",
        network_id=tenant["back"],
        fixed_ips=[{"subnet_id": tenant["back-v4"], "ip_address": "10.20.0.9"}],
    )
    tenant.join("edge", port_id=tenant["edge to back"])
    routes = [{"destination": "10.99.0.0/24", "nexthop": "10.20.0.99"}]
    tenant.api.put("router", tenant["edge"], "", router={"routes": routes})
    tenant.add("router", "off", admin_state_up=False)
    tenant.join("off", subnet_id=tenant["twin subnet 1"])


def add_groups(tenant: Tenant) -> None:
    """Add groups that refer to each other and to themselves, with every kind of rule, and twins."""
    tenant.add("security group", "web group", name="web", description="answers the world")
    tenant.add("security group", "database group", name="database")
    tenant.add("security group", "alone", stateful=False)
    web, database = (tenant[label] for label in ("web group", "database group"))
    tenant.add_rules(
        "web group",
        {"protocol": "tcp", "port_range_min": 80, "port_range_max": 80, "description": "http"},
        {"protocol": "tcp", "port_range_min": 1, "port_range_max": 65535, "ethertype": "IPv6"},
        {"protocol": "icmp", "port_range_min": 0, "port_range_max": 0},
        {"protocol": "icmp", "port_range_min": 8, "remote_ip_prefix": "0.0.0.0/0"},
        {"protocol": "ipv6-icmp", "ethertype": "IPv6", "port_range_min": 128},
        {"protocol": "udp", "remote_ip_prefix": "10.51.7.9/16"},
        {"protocol": "112", "remote_ip_prefix": "10.20.0.0/24"},
        {"protocol": "tcp", "remote_group_id": database},
        {"remote_ip_prefix": "10.50.0.0/16"},
        {"direction": "egress", "protocol": "udp", "port_range_min": 53, "port_range_max": 53},
    )
    tenant.remove_egress("database group")
    tenant.add_rules(
        "database group",
        {
            "protocol": "tcp",
            "port_range_min": 5432,
            "port_range_max": 5433,
            "remote_group_id": web,
        },
        {"remote_group_id": database, "ethertype": "IPv6"},
    )
    tenant.remove_egress("alone")
    for number in (1, 2):
        label = f"twin group {number}"
        tenant.add("security group", label, name="twin")
        tenant.add_rules(
            label, {"protocol": "udp", "port_range_min": number, "port_range_max": number}
        )
    tenant.read_default_group()
    tenant.add_rules("default", {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22})


def add_ports(tenant: Tenant) -> None:
    """Add the servers' ports; the order of a server's ports is not that of their creation."""

    def add_port(label: str, network: str, groups: list[str] | None, **body: Any) -> None:
        if groups is not None:
            body["security_groups"] = [tenant[group] for group in groups]
        tenant.add("port", label, network_id=tenant[network], **body)

    def at(subnet: str, address: str) -> dict[str, str]:
        return {"subnet_id": tenant[subnet], "ip_address": address}

    add_port(
        "web-front",
        "front",
        ["default", "web group"],
        name="",
        fixed_ips=[at("front-v4", "10.10.0.5"), at("front-v6", "2001:db8:10::5")],
        tags=["first card"],
    )
    add_port(
        "web-back",
        "back",
        ["web group"],
        fixed_ips=[at("back-v4", "10.20.0.42"), at("back-v4", "10.20.0.150")],
        mac_address=WEB_MAC,
        allowed_address_pairs=[
            {"ip_address": "10.20.0.200"},
            {"ip_address": "10.60.0.0/16", "mac_address": "fa:16:3e:aa:bb:cc"},
        ],
        extra_dhcp_opts=[{"opt_name": "bootfile-name", "opt_value": "pxelinux.0", "ip_version": 4}],
        description="keeps its address",
    )
    add_port("web-open", "open", None)
    add_port("stopped-back", "back", [], name="")
    add_port("database-back", "back", ["database group"], name="")
    add_port("database-dark", "dark", ["alone"], admin_state_up=False)
    for number in (1, 2):
        add_port(
            f"twin port {number}",
            f"twin network {number}",
            [f"twin group {number}"],
            name="",
            fixed_ips=[at(f"twin subnet {number}", TWIN_ADDRESS)],
        )


def add_servers(tenant: Tenant) -> None:
    """Add servers that boot from an image and from a volume, one that is stopped, and twins."""
    base = tenant["base"]
    tenant.add_server(
        "web",
        "m1.tiny",
        ["web-back", "web-open", "web-front"],
        imageRef=base,
        key_name="login",
        description='the "first" server',
        metadata={"team": "blue", "note": "a: b # c"},
        tags=["production", "two words"],
        config_drive=True,
    )
    tenant.add_server("stopped", "m1.small", ["stopped-back"], imageRef=base)
    root = {"boot_index": 0, "uuid": tenant["root"], "source_type": "volume"}
    scratch = {"boot_index": -1, "uuid": tenant["scratch"], "source_type": "volume"}
    tenant.add_server(
        "database",
        "m1.nodisk",
        ["database-dark", "database-back"],
        key_name="other login",
        block_device_mapping_v2=[
            {**root, "destination_type": "volume"},
            {**scratch, "destination_type": "volume", "delete_on_termination": True},
        ],
    )
    for number in (1, 2):
        tenant.add_server(
            f"twin server {number}",
            "m1.tiny",
            [f"twin port {number}"],
            name="twin",
            imageRef=base,
            metadata={"number": str(number)},
        )
    tenant.wait("server", "ACTIVE", *SERVERS)
    for volume in ("data-z", "data-a"):
        tenant.attach("web", volume)
    tenant.api.act("server", tenant["stopped"], **{"os-stop": None})
    tenant.wait("server", "SHUTOFF", "stopped")
