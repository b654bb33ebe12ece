"""What walk, plan and rendering cost for a large tenant, and for one of twice its size.

``python -m tests.bench.plan_scale`` needs no cloud.  Exits with status 1 when the large tenant
takes more than 4 s of processor time, or twice the tenant more than 2.2 times as long.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from typing import Any

from downpour.plan import make_plan
from downpour.playbook.render import render_playbook
from downpour.resources import RESOURCE_TYPES
from downpour.resources.inventory import Inventory
from downpour.resources.model import Options
from downpour.walk import walk_selection
from tests.unit.tenant import save_plan

MOST_SECONDS, MOST_GROWTH = 4.0, 2.2
SERVERS, NETWORKS, GROUPS, RULES_PER_GROUP = 1000, 50, 200, 50
PORTS_PER_SERVER, VOLUMES_PER_SERVER = 2, 2
PROJECT = "6b86b273ff34fce19d6b804eff5a3f57"
OWNED = {"project_id": PROJECT, "tenant_id": PROJECT, "description": "", "tags": []}

Document = dict[str, Any]
Listings = dict[str, list[Document]]


def measure_export(listings: Listings) -> dict[str, float]:
    """Plan and render the move of all servers and volumes; return CPU seconds by step."""
    seconds: dict[str, float] = {}

    def finish_step(name: str) -> None:
        seconds[name] = time.process_time() - began - sum(seconds.values())

    gc.collect()
    gc.freeze()  # as downpour does once it has read a listing
    began = time.process_time()
    inventory = Inventory(RESOURCE_TYPES, lambda listing: listings.get(listing.name, []), PROJECT)
    named = {
        (resource.type, resource.id): Options()
        for type_name in ("server", "volume")
        for resource in inventory.read_type(type_name).values()
    }
    closure = walk_selection(named, inventory)
    finish_step("walk")
    plan = make_plan(closure)
    finish_step("plan")
    saved = save_plan(plan)
    finish_step("data")  # of the tests' own making, where an export has saved bytes
    render_playbook(plan, saved)
    finish_step("render")
    del seconds["data"]
    return seconds


def make_id(kind: int, number: int) -> str:
    """Return an id, the same for the same resource, in an order that is not that of creation."""
    mixed = (number * 2654435761) % (1 << 32)
    return f"{mixed:08x}-{kind:04x}-4000-8000-{number:012x}"


def make_listings(size: int) -> Listings:
    """Return what a cloud lists of a tenant ``size`` times as large as the large one."""
    networks = range(NETWORKS * size)
    servers = range(SERVERS * size)
    groups = range(GROUPS * size)
    return {
        "compute.keypairs": [make_keypair()],
        "compute.flavors": [make_flavor()],
        "compute.servers": [make_server(number) for number in servers],
        "image.images": [make_image()],
        "block_storage.volumes": [
            make_volume(server, place) for server in servers for place in range(VOLUMES_PER_SERVER)
        ],
        "network.networks": [make_external_network(), *map(make_network, networks)],
        "network.subnets": [make_subnet(number) for number in networks],
        "network.routers": [make_router(number) for number in networks],
        "network.ports": [
            *(make_interface(number) for number in networks),
            *(
                make_port(server, place, size)
                for server in servers
                for place in range(PORTS_PER_SERVER)
            ),
        ],
        "network.security_groups": [make_group(number) for number in groups],
        "network.security_group_rules": [
            make_rule(group, place, size) for group in groups for place in range(RULES_PER_GROUP)
        ],
    }


def make_keypair() -> Document:
    """Return the only keypair."""
    return {"id": "login", "name": "login", "type": "ssh", "public_key": "ssh-ed25519 AAAA login"}


def make_flavor() -> Document:
    """Return the only flavor."""
    return {"id": "f1", "name": "m1.small", "vcpus": 1, "ram": 2048, "disk": 20, "extra_specs": {}}


def make_image() -> Document:
    """Return the image that all servers boot from."""
    return {
        "id": make_id(1, 0),
        "name": "debian",
        "owner": PROJECT,
        "status": "active",
        "size": 1 << 28,
        "virtual_size": 1 << 31,
        "min_disk": 2,
        "min_ram": 0,
        "disk_format": "qcow2",
        "container_format": "bare",
        "visibility": "private",
        "os_hidden": False,
        "protected": False,
        "tags": [],
        "os_hash_algo": "sha512",
        "os_hash_value": "ab" * 64,
        "hw_disk_bus": "virtio",
    }


def make_server(number: int) -> Document:
    """Return a server with its root disk on an image, ports and volumes."""
    return {
        "id": make_id(2, number),
        "name": f"server {number}",
        "tenant_id": PROJECT,
        "status": "ACTIVE",
        "image": {"id": make_id(1, 0)},
        "flavor": {"original_name": "m1.small", "vcpus": 1, "ram": 2048, "disk": 20},
        "key_name": "login",
        "addresses": {},
        "metadata": {"role": f"worker {number % 7}"},
        "tags": [f"tag {number % 5}"],
        "description": "",
        "config_drive": "",
        "OS-EXT-AZ:availability_zone": "nova",
        "OS-EXT-STS:task_state": None,
        "OS-DCF:diskConfig": "MANUAL",
        "security_groups": [{"name": "group"}],
        "os-extended-volumes:volumes_attached": [
            {"id": make_id(3, number * VOLUMES_PER_SERVER + place), "delete_on_termination": False}
            for place in range(VOLUMES_PER_SERVER)
        ],
    }


def make_volume(server: int, place: int) -> Document:
    """Return a volume that is attached to a server."""
    number = server * VOLUMES_PER_SERVER + place
    return {
        "id": make_id(3, number),
        "name": f"volume {number}",
        "status": "in-use",
        "size": 10,
        "volume_type": "fast",
        "availability_zone": "nova",
        "description": None,
        "metadata": {"note": str(number)},
        "bootable": False,
        "encrypted": False,
        "multiattach": False,
        "volume_image_metadata": None,
        "os-vol-tenant-attr:tenant_id": PROJECT,
        "attachments": [
            {"server_id": make_id(2, server), "device": f"/dev/vd{'bc'[place]}"},
        ],
    }


def make_external_network() -> Document:
    """Return the network of the operator that all routers have their gateway in."""
    facts = {"router:external": True, "shared": False, "admin_state_up": True, "subnets": []}
    return {**OWNED, "id": make_id(4, 0), "name": "public", "project_id": "operator", **facts}


def make_network(number: int) -> Document:
    """Return a network with one subnet."""
    return {
        **OWNED,
        "id": make_id(5, number),
        "name": f"network {number}",
        "router:external": False,
        "shared": False,
        "admin_state_up": True,
        "port_security_enabled": True,
        "mtu": 1450,
        "availability_zone_hints": [],
        "dns_domain": "",
        "subnets": [make_id(6, number)],
    }


def find_prefix(network: int) -> str:
    """Return the first two bytes of the addresses in a network's subnet."""
    return f"{10 + network // 256}.{network % 256}"


def make_subnet(number: int) -> Document:
    """Return a network's subnet."""
    prefix = find_prefix(number)
    return {
        **OWNED,
        "id": make_id(6, number),
        "name": f"subnet {number}",
        "network_id": make_id(5, number),
        "ip_version": 4,
        "cidr": f"{prefix}.0.0/16",
        "gateway_ip": f"{prefix}.0.1",
        "enable_dhcp": True,
        "allocation_pools": [{"start": f"{prefix}.0.2", "end": f"{prefix}.255.254"}],
        "dns_nameservers": ["192.0.2.53"],
        "host_routes": [],
        "ipv6_address_mode": None,
        "ipv6_ra_mode": None,
        "service_types": [],
        "segment_id": None,
    }


def make_router(number: int) -> Document:
    """Return a network's router."""
    return {
        **OWNED,
        "id": make_id(7, number),
        "name": f"router {number}",
        "admin_state_up": True,
        "routes": [],
        "availability_zone_hints": [],
        "external_gateway_info": {"network_id": make_id(4, 0), "external_fixed_ips": []},
    }


def make_bare_port(port_id: str, network: int, address: str) -> Document:
    """Return what all ports have."""
    return {
        **OWNED,
        "id": port_id,
        "name": "",
        "network_id": make_id(5, network),
        "admin_state_up": True,
        "port_security_enabled": True,
        "binding:vnic_type": "normal",
        "fixed_ips": [{"subnet_id": make_id(6, network), "ip_address": address}],
        "allowed_address_pairs": [],
        "extra_dhcp_opts": [],
        "dns_name": "",
        "dns_domain": "",
        "mac_address": f"fa:16:3e:{int(port_id[:2], 16):02x}:00:01",
    }


def make_interface(network: int) -> Document:
    """Return the port of a network's router."""
    return make_bare_port(make_id(8, network), network, f"{find_prefix(network)}.0.1") | {
        "device_id": make_id(7, network),
        "device_owner": "network:router_interface",
        "security_groups": [],
    }


def make_port(server: int, place: int, size: int) -> Document:
    """Return a port of a server; its two are in different networks."""
    number = server * PORTS_PER_SERVER + place
    network = number % (NETWORKS * size)
    address = f"{find_prefix(network)}.{1 + number // 256}.{number % 256}"
    return make_bare_port(make_id(9, number), network, address) | {
        "device_id": make_id(2, server),
        "device_owner": "compute:nova",
        "security_groups": [make_id(10, number % (GROUPS * size))],
    }


def make_group(number: int) -> Document:
    """Return a security group."""
    facts = {"stateful": True, "shared": False, "security_group_rules": []}
    return {**OWNED, "id": make_id(10, number), "name": f"group {number}", **facts}


def make_rule(group: int, place: int, size: int) -> Document:
    """Return a rule of a security group; the first lets the members of the next group in."""
    remote = make_id(10, (group + 1) % (GROUPS * size)) if place == 0 else None
    return {
        **OWNED,
        "id": make_id(11, group * RULES_PER_GROUP + place),
        "security_group_id": make_id(10, group),
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 1000 + place,
        "port_range_max": 1000 + place,
        "remote_ip_prefix": None if remote else "192.0.2.0/24",
        "remote_group_id": remote,
        "remote_address_group_id": None,
    }


def measure_best(size: int, repetitions: int) -> float:
    """Return the CPU seconds of the quickest of some runs, and print them by step."""
    listings = make_listings(size)
    runs = [measure_export(listings) for _ in range(repetitions)]
    best = min(runs, key=lambda run: sum(run.values()))
    steps = ", ".join(f"{name} {seconds:.2f}" for name, seconds in best.items())
    print(f"{size} x the tenant: {sum(best.values()):.2f} s ({steps})", flush=True)
    return sum(best.values())


def main() -> int:
    """Run the benchmark; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    once, twice = (measure_best(size, arguments.repetitions) for size in (1, 2))
    print(f"growth: {twice / once:.2f}")
    return int(once > MOST_SECONDS or twice > MOST_GROWTH * once)


if __name__ == "__main__":
    sys.exit(main())
