"""All kinds of objects and all routes, and what a cloud has before anybody comes."""

from __future__ import annotations

from tests.fake_cloud.compute import COMPUTE_ROUTES, FLAVORS, KEYPAIRS
from tests.fake_cloud.compute import GROUPS as SERVER_GROUPS
from tests.fake_cloud.images import IMAGE_ROUTES, IMAGES
from tests.fake_cloud.kinds import Kind, Route
from tests.fake_cloud.networks import (
    NETWORKS,
    OTHER_ROUTES,
    SUBNETS,
    complete_addresses,
    make_tag_routes,
)
from tests.fake_cloud.ports import PORTS
from tests.fake_cloud.routers import FLOATING_IPS, INTERFACE_ROUTES, ROUTERS
from tests.fake_cloud.security_groups import GROUPS, RULES, build_default_rules
from tests.fake_cloud.server_actions import SERVER_ROUTES
from tests.fake_cloud.servers import SERVERS
from tests.fake_cloud.state import OTHER_PROJECT_ID, State
from tests.fake_cloud.volume_actions import VOLUME_ROUTES
from tests.fake_cloud.volumes import DEFAULT_TYPE, MESSAGES, SNAPSHOTS, TYPES, VOLUMES

_FLAVOR_SIZES = {"m1.nodisk": (256, 0), "m1.tiny": (512, 1), "m1.small": (2048, 2)}

_TAGGED = (NETWORKS, SUBNETS, PORTS, ROUTERS, FLOATING_IPS, GROUPS)

_KINDS = (*_TAGGED, RULES, IMAGES, VOLUMES, SNAPSHOTS, TYPES, MESSAGES, FLAVORS, KEYPAIRS, SERVERS)

KINDS: dict[str, Kind] = {kind.collection: kind for kind in (*_KINDS, SERVER_GROUPS)}

ROUTES: dict[str, tuple[Route, ...]] = {
    "network": (
        *OTHER_ROUTES,
        *INTERFACE_ROUTES,
        *(route for kind in _TAGGED for route in (*kind.make_routes(), *make_tag_routes(kind))),
        *RULES.make_routes("PUT"),
    ),
    "compute": (*SERVER_ROUTES, *COMPUTE_ROUTES),
    "image": IMAGE_ROUTES,
    "block_storage": VOLUME_ROUTES,
}


def furnish(state: State, is_furnished: bool) -> None:
    """Put in what is there from the start: the default group, and what an operator makes."""
    group = GROUPS.build(state, {"name": "default", "description": "Default security group"})
    GROUPS.open(state)[group["id"]] = group
    for rule in build_default_rules(state, group):
        RULES.open(state)[rule["id"]] = {**rule, "belongs_to_default_sg": True}
    if is_furnished:
        _add_public_network(state)
        for name, (ram_mib, disk_gib) in _FLAVOR_SIZES.items():
            flavor = FLAVORS.build(state, {"name": name, "ram": ram_mib, "disk": disk_gib})
            FLAVORS.open(state)[flavor["id"]] = flavor
        newer = (DEFAULT_TYPE,) if state.release.has_default_volume_type else ()
        for name in ("fast", "file", *newer):
            volume_type = TYPES.build(state, {"name": name})
            TYPES.open(state)[volume_type["id"]] = volume_type


def _add_public_network(state: State) -> None:
    owner = {"project_id": OTHER_PROJECT_ID, "tenant_id": OTHER_PROJECT_ID}
    network = NETWORKS.build(state, {"name": "public", "router:external": True, **owner})
    NETWORKS.open(state)[network["id"]] = network
    body = {"network_id": network["id"], "cidr": "198.18.0.0/15", "enable_dhcp": False, **owner}
    subnet = SUBNETS.build(state, {"name": "public-v4", **body})
    complete_addresses(subnet, body)
    SUBNETS.open(state)[subnet["id"]] = subnet
