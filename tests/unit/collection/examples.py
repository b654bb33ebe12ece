"""Tasks for every module of the collection, made of its declaration.

A new module needs a line in ``EXAMPLES`` for each argument of which only certain values make sense,
and one in ``VARIANTS`` for arguments that exclude others; all else follows from what is declared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import UNSET, Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES

from tests.fake_cloud import NEWEST, QUEENS, FakeCloud, Release

MINIMAL, FULL, CHOSEN = "minimal", "full", "chosen"


@dataclass(frozen=True)
class Reference:
    """What a task made before: its object's id, or the old id or the name that it gave."""

    type_name: str
    field: str = "id"
    number: int = 1
    variant: str = MINIMAL


@dataclass(frozen=True)
class Furniture:
    """The id of what an operator has put into the cloud."""

    find: Callable[[FakeCloud], str]


@dataclass(frozen=True)
class Case:
    """One task to try: a module, and which of its arguments are given."""

    module: Module
    variant: str
    release: Release

    def __str__(self) -> str:
        """Return it as pytest shows it."""
        return f"{self.release.name}-{self.module.module_name}-{self.variant.replace(' ', '_')}"


# The bundle's files; tests write them.
FILES = {
    "data/disk.raw": b"the bytes of a disk",
    "files/key.pub": b"ssh-ed25519 "
    b"AAAAC3NzaC1lZDI1NTE5AAAAICdEzNEMdTO9c2rYkPndXKsq2yewfVALlJPynNxCDLLg me",
    "files/user-data": b"#!/bin/sh\n",
}
_SHA512 = hashlib.sha512(FILES["data/disk.raw"]).hexdigest()
# Mostly what cinder keeps of the image with the data; the rest has to be set, or to go.
_IMAGE_METADATA = {
    "one": "2",
    "container_format": "bare",
    "disk_format": "raw",
    "image_name": "downpour volume old-1",
    "min_disk": "0",
    "min_ram": "0",
    "signature_verified": "False",
}
# In the place of a value: the full task does not have this argument, a variant has it.
LEFT_OUT = UNSET
EXTERNAL_NETWORK = Furniture(FakeCloud.find_external_network)


def find_address(cloud: FakeCloud) -> str:
    """Return the address of the newest port that is no router's."""
    ports = [port for port in cloud.get_documents("ports").values() if not port["device_owner"]]
    return str(ports[-1]["fixed_ips"][0]["ip_address"])


# By module and argument two values: one to make an object with, and another one. "{number}" becomes
# the number of the task, so that several objects of a type get along.
EXAMPLES: dict[tuple[str, str], tuple[Any, Any]] = {
    ("keypair", "old_id"): ("keypair-{number}", "other"),
    ("keypair", "key_type"): ("ssh", "x509"),
    ("keypair", "public_key_file"): ("files/key.pub", "other"),
    ("network", "mtu"): (1400, 1300),
    ("network", "dns_domain"): ("one.example.", "other.example."),
    ("network", "availability_zone_hints"): (["nova"], ["mars"]),
    ("subnet", "cidr"): ("10.{number}.0.0/24", "10.99.0.0/24"),
    ("subnet", "gateway_ip"): ("10.{number}.0.254", None),
    ("subnet", "allocation_pools.start"): ("10.{number}.0.10", "10.{number}.0.11"),
    ("subnet", "allocation_pools.end"): ("10.{number}.0.98", "10.{number}.0.99"),
    ("subnet", "dns_nameservers"): (["10.9.0.2", "10.9.0.1"], ["10.9.0.1", "10.9.0.2"]),
    ("subnet", "host_routes.destination"): ("10.8.0.0/16", "10.9.0.0/16"),
    ("subnet", "host_routes.nexthop"): ("10.{number}.0.5", "10.{number}.0.6"),
    ("subnet", "ipv6_address_mode"): (LEFT_OUT, "dhcpv6-stateful"),
    ("subnet", "ipv6_ra_mode"): (LEFT_OUT, "dhcpv6-stateful"),
    ("router", "external_network"): (EXTERNAL_NETWORK, "other"),
    ("router", "interfaces.ip_address"): ("10.1.0.9", "10.1.0.8"),
    ("router", "routes.destination"): ("10.7.0.0/16", "10.8.0.0/16"),
    ("router", "routes.nexthop"): ("10.1.0.7", "10.1.0.8"),
    ("router", "availability_zone_hints"): (["nova"], ["mars"]),
    ("port", "fixed_ips.ip_address"): ("10.1.0.17", "10.1.0.18"),
    ("port", "mac_address"): ("52:54:00:aa:bb:cc", "52:54:00:aa:bb:cd"),
    ("port", "allowed_address_pairs.ip_address"): ("10.1.0.200", "10.1.0.201"),
    ("port", "allowed_address_pairs.mac_address"): ("52:54:00:aa:bb:01", "52:54:00:aa:bb:02"),
    ("port", "port_security_enabled"): (LEFT_OUT, False),
    ("port", "extra_dhcp_opts.opt_name"): ("mtu", "router"),
    ("port", "extra_dhcp_opts.opt_value"): ("1400", "1300"),
    ("port", "dns_name"): ("one", "other"),
    ("port", "vnic_type"): ("direct", "macvtap"),
    ("floating ip", "external_network"): (EXTERNAL_NETWORK, "other"),
    ("floating ip", "fixed_ip_address"): (Furniture(find_address), "10.1.0.8"),
    ("image", "file"): ("data/disk.raw", "other"),
    ("image", "sha512"): (_SHA512, "0" * 128),
    ("image", "disk_format"): ("raw", "qcow2"),
    ("image", "container_format"): ("bare", "ovf"),
    ("image", "min_disk"): (1, 2),
    ("image", "min_ram"): (64, 128),
    ("image", "recorded"): (LEFT_OUT, False),
    ("image", "owner"): (LEFT_OUT, "server"),
    ("volume", "size"): (1, 2),
    ("volume", "volume_type"): ("fast", "file"),
    ("volume", "availability_zone"): ("nova", "mars"),
    ("volume", "data.file"): ("data/disk.raw", "other"),
    ("volume", "data.sha512"): (_SHA512, "0" * 128),
    ("volume", "data.disk_format"): ("raw", "qcow2"),
    ("server group", "policy"): ("anti-affinity", "affinity"),
    ("server group", "rules"): ({"max_server_per_host": 2}, {"max_server_per_host": 3}),
    ("server", "flavor"): (Furniture(lambda cloud: cloud.find_flavor("m1.tiny")), "other"),
    ("server", "volumes.boot_index"): (LEFT_OUT, 0),
    ("server", "availability_zone"): ("nova", "mars"),
    ("server", "user_data_file"): ("files/user-data", "other"),
    ("security_group_rules", "old_id"): (Reference("security group", "old_id"), "other"),
    ("security_group_rules", "name"): (Reference("security group", "name"), "other"),
    ("security_group_rules", "rules.protocol"): ("tcp", "udp"),
    ("security_group_rules", "rules.port_range_min"): (80, 79),
    ("security_group_rules", "rules.port_range_max"): (81, 82),
    ("security_group_rules", "rules.remote_ip_prefix"): ("fd00::/16", "fd01::/16"),
    ("security_group_rules", "rules.remote_group_id"): (LEFT_OUT, "other"),
    ("security_group_rules", "rules.remote_address_group_id"): (LEFT_OUT, "other"),
    ("volumes_ready", "volumes.id"): (Reference("volume", variant=FULL), "other"),
    ("volumes_ready", "volumes.old_id"): (Reference("volume", "old_id", variant=FULL), "other"),
    ("volumes_ready", "volumes.name"): (Reference("volume", "name", variant=FULL), "other"),
    # The data come from an image, which makes the volume bootable.
    ("volumes_ready", "volumes.bootable"): (False, True),
    ("volumes_ready", "volumes.image_metadata"): (_IMAGE_METADATA, {}),
    ("volumes_ready", "timeout_minutes"): (1, 2),
    ("servers_ready", "servers.id"): (Reference("server", variant=FULL), "other"),
    ("servers_ready", "servers.old_id"): (Reference("server", "old_id", variant=FULL), "other"),
    ("servers_ready", "servers.name"): (Reference("server", "name", variant=FULL), "other"),
    ("servers_ready", "timeout_minutes"): (1, 2),
    ("destination", "flavors"): ({"key": "m1.tiny", "none": None}, {}),
    ("destination", "networks"): ({"key": "public"}, {}),
    ("destination", "images"): ({"key": Reference("image")}, {}),
    ("destination", "volume_types"): ({"key": "fast"}, {}),
    ("destination", "availability_zones"): ({"key": "nova"}, {}),
}
# Tasks beside the minimal and the full one: what they have beside the minimal one.
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "subnet": {
        "without gateway": {"gateway_ip": None},
        "automatic": {
            "ip_version": 6,
            "cidr": "fd00:{number}::/64",
            "ipv6_address_mode": "slaac",
            "ipv6_ra_mode": "slaac",
        },
    },
    "router": {"at the gateway": {"interfaces": [{"subnet": Reference("subnet")}]}},
    "port": {"unprotected": {"port_security_enabled": False, "security_groups": []}},
    "image": {"root disk": {"owner": "server", "recorded": False}},
    "server": {
        "booting from its volume": {
            "image": LEFT_OUT,
            "volumes": [{"volume": Reference("volume"), "boot_index": 0}],
        },
        "without ports": {"ports": []},
    },
    "security_group_rules": {
        "without rules": {"rules": []},
        "group": {
            "rules": [{"direction": "egress", "remote_group_id": Reference("security group")}]
        },
        "address group": {
            "rules": [{"direction": "egress", "remote_address_group_id": "address-group"}]
        },
    },
}
# What a cloud refuses to be without, although the declaration does not require it.
REQUIRED_TOO = {("server", "image")}
# What must be there before, although no argument refers to it.
PRECEDED_BY: dict[str, tuple[Reference, ...]] = {
    "floating ip": (Reference("router", variant=FULL),),
    # One that nova would choose if it were let.
    "server": (Reference("network"),),
}
# What a release does not know: arguments, and variants.
UNKNOWN = {
    QUEENS.name: {
        ("security group", "stateful"),
        ("image", "os_hidden"),
        ("server group", "rules"),
        ("security_group_rules", "address group"),
    }
}


def list_cases(releases: Iterable[Release], *variants: str) -> list[Case]:
    """Return a case for each module, variant (of these, else of all) and release."""
    return [
        case
        for release in releases
        for module in MODULES.values()
        for variant in (MINIMAL, FULL, *list_variants(module))
        if (not variants or variant in variants)
        and (module.name, variant) not in UNKNOWN.get(release.name, ())
        for case in (Case(module, variant, release),)
    ]


def list_variants(module: Module) -> dict[str, dict[str, Any]]:
    """Return what tasks beside the minimal and the full one have beside the minimal one."""
    variants = dict(VARIANTS.get(module.name, {}))
    if "use" in {argument.name for argument in module.arguments}:
        variants[CHOSEN] = {"use": Reference(module.name)}
    return variants


def make_task(module: Module, variant: str, release: Release) -> dict[str, Any]:
    """Return the arguments of a task of the module, references not yet resolved."""
    task: dict[str, Any] = {}
    for argument in module.list_arguments():
        place = (module.name, argument.name)
        is_needed = argument.is_required or place in REQUIRED_TOO
        is_wanted = is_needed or variant == FULL
        if is_wanted and argument.name != "cloud" and place not in UNKNOWN.get(release.name, ()):
            task[argument.name] = choose_values(module.name, argument)[0]
    task |= list_variants(module).get(variant, {})
    return {name: value for name, value in task.items() if value is not LEFT_OUT}


def choose_values(module_name: str, argument: Argument, path: str = "") -> tuple[Any, Any]:
    """Return a value for an object that is made, and another one; LookupError if none is known.

    Neither is what the API makes of it when it is left out, where there is a choice.
    """
    place = path + argument.name
    if (module_name, place) in EXAMPLES:
        return EXAMPLES[module_name, place]
    known = _choose_known(module_name, argument, place)
    if argument.kind == "list" and argument.name != "tags":
        return [known[0]], [known[1]]
    return known


def _choose_known(module_name: str, argument: Argument, place: str) -> tuple[Any, Any]:
    usual = argument.implied if argument.default is UNSET else argument.default
    if argument.options:
        return choose_options(module_name, argument.options, f"{place}.")
    if argument.refers_to:
        return Reference(argument.refers_to), "other"
    if argument.choices:
        rest = [choice for choice in argument.choices if choice != usual]
        return rest[0], (rest[1:] or [usual])[0]
    if argument.kind == "bool":
        return usual is not True, usual is True
    if argument.kind == "dict":
        return {"one": "1"}, {"one": "2"}
    texts: Mapping[str, tuple[Any, Any]] = {
        "old_id": ("old-{number}", "other"),
        "name": (f"{module_name.replace(' ', '-')}-{{number}}", "other"),
        "description": ("one", "other"),
        "tags": (["two", "one"], ["two"]),
        "use": (LEFT_OUT, "other"),
    }
    if argument.name not in texts:
        raise LookupError(f"no example is known for {module_name} {place}")
    return texts[argument.name]


def choose_options(
    module_name: str, options: Iterable[Argument], path: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two mappings in which all options differ."""
    pairs = {option.name: choose_values(module_name, option, path) for option in options}
    one, other = ({name: pair[place] for name, pair in pairs.items()} for place in (0, 1))
    left_out = [name for name, value in one.items() if value is LEFT_OUT]
    for name in left_out:
        del one[name], other[name]
    return one, other


def find_waiting_modules() -> dict[str, Module]:
    """Return the modules that wait for the objects of a type, by the type's name."""
    return {
        option.refers_to: module
        for module in MODULES.values()
        if not isinstance(module, ResourceType)
        for argument in module.arguments
        for option in argument.options
        if option.name == "id"
    }


RELEASES = (NEWEST, QUEENS)
