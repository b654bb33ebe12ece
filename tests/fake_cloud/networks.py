"""neutron's networks and subnets, the tags of everything, the extensions and the zones."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from tests.fake_cloud.kinds import NETWORK_KIND, Kind, Route
from tests.fake_cloud.messages import Answer, Document, RefusalError, Request, answer_json
from tests.fake_cloud.state import State

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
AUTOMATIC_MODES = frozenset({"slaac", "dhcpv6-stateless"})
_TAG_LONGEST = 255


def _is_public(state: State, network: Document) -> bool:
    return bool(network["shared"] or network["router:external"])


def _present_networks(
    state: State, networks: Iterable[Document], request: Request
) -> Iterable[Document]:
    subnets: dict[str, list[str]] = {}
    for subnet in SUBNETS.open(state).values():
        subnets.setdefault(subnet["network_id"], []).append(subnet["id"])
    for network in networks:
        yield {**network, "subnets": subnets.get(network["id"], [])}


def _release_network(state: State, network: Document) -> None:
    ports = state.open_collection("network", "ports").values()
    if used := [port["id"] for port in ports if port["network_id"] == network["id"]]:
        text = f"There are one or more ports still in use on the network, id: {','.join(used)}."
        where = f"Unable to complete operation on network {network['id']}."
        raise RefusalError(409, f"{where} {text}", "NetworkInUse")
    for subnet in list_subnets(state, network["id"]):
        SUBNETS.remove(state, subnet)


NETWORKS = Kind(
    collection="networks",
    key="network",
    title="Network",
    defaults={
        "name": "",
        "admin_state_up": True,
        "mtu": 1450,
        "status": "ACTIVE",
        "subnets": [],
        "shared": False,
        "availability_zone_hints": [],
        "availability_zones": [],
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
        "router:external": False,
        "qinq": False,
        "vlan_transparent": False,
        "description": "",
        "port_security_enabled": True,
        "qos_policy_id": None,
        "dns_domain": "",
        "l2_adjacency": True,
        "tags": [],
        "revision_number": 1,
    },
    of_extension={"qinq": "qinq"},
    for_admins=frozenset({"shared", "router:external", "status", "segments", "is_default"}),
    fixed=frozenset({"id", "subnets", "tags", "revision_number", "availability_zone_hints"}),
    present=_present_networks,
    release=_release_network,
    is_shared=_is_public,
    **NETWORK_KIND,
)


def list_subnets(state: State, network_id: str) -> list[Document]:
    """Return the subnets of a network in the order of their creation."""
    return [item for item in SUBNETS.open(state).values() if item["network_id"] == network_id]


def has_automatic_addresses(subnet: Document) -> bool:
    """Tell whether addresses are made of MACs."""
    return not AUTOMATIC_MODES.isdisjoint({subnet["ipv6_address_mode"], subnet["ipv6_ra_mode"]})


def parse_range(cidr: Any) -> IPNetwork:
    """Return the range of addresses that a CIDR means; refuse what is none."""
    try:
        return ipaddress.ip_network(str(cidr), strict=False)
    except ValueError:
        raise RefusalError(
            400, f"Invalid input for cidr. '{cidr}' is not a valid IP subnet."
        ) from None


def _complete_subnet(state: State, subnet: Document, body: Document) -> None:
    network = NETWORKS.find(state, str(body.get("network_id")))
    if network["project_id"] != state.project_id:
        raise RefusalError(
            403, "(rule:create_subnet) is disallowed by policy", "PolicyNotAuthorized"
        )
    if "cidr" not in body or body.get("ip_version") not in (4, 6):
        raise RefusalError(
            400, "a subnetpool must be specified in the absence of a cidr", "BadRequest"
        )
    cidr = parse_range(body["cidr"])
    if cidr.version != body["ip_version"]:
        raise RefusalError(400, "Invalid input for cidr: another ip_version.", "InvalidInput")
    for other in list_subnets(state, network["id"]):
        if other["ip_version"] == cidr.version and cidr.overlaps(parse_range(other["cidr"])):
            text = f"Requested subnet with cidr: {cidr} for network: {network['id']} overlaps"
            raise RefusalError(
                400, f"Invalid input for operation: {text} with another subnet.", "InvalidInput"
            )
    complete_addresses(subnet, body)


def complete_addresses(subnet: Document, body: Document) -> None:
    """Fill in the gateway and the pools that a request leaves to neutron."""
    cidr = parse_range(subnet["cidr"])
    subnet["cidr"] = str(cidr)
    first = cidr.network_address
    make = type(first)
    if "gateway_ip" not in body:
        subnet["gateway_ip"] = str(first if has_automatic_addresses(subnet) else first + 1)
    if not body.get("allocation_pools"):
        first_host = int(first) + 1
        last_host = int(cidr.broadcast_address) - (1 if cidr.version == 4 else 0)
        pools = [(first_host, last_host)]
        if subnet["gateway_ip"]:
            gateway = int(ipaddress.ip_address(subnet["gateway_ip"]))
            if first_host <= gateway <= last_host:
                pools = [(first_host, gateway - 1), (gateway + 1, last_host)]
        subnet["allocation_pools"] = [
            {"start": str(make(start)), "end": str(make(end))}
            for start, end in pools
            if start <= end
        ]


def _release_subnet(state: State, subnet: Document) -> None:
    for port in state.open_collection("network", "ports").values():
        if any(address["subnet_id"] == subnet["id"] for address in port["fixed_ips"]):
            text = "One or more ports have an IP allocation from this subnet."
            where = f"Unable to complete operation on subnet {subnet['id']}:"
            raise RefusalError(409, f"{where} {text}", "SubnetInUse")


def _is_of_public(state: State, subnet: Document) -> bool:
    network = NETWORKS.open(state).get(subnet["network_id"])
    return network is not None and NETWORKS.is_visible(state, network)


def _present_subnets(
    state: State, subnets: Iterable[Document], request: Request
) -> Iterable[Document]:
    networks = NETWORKS.open(state)
    for subnet in subnets:
        network = networks.get(subnet["network_id"], {})
        yield {**subnet, "router:external": network.get("router:external", False)}


SUBNETS = Kind(
    collection="subnets",
    key="subnet",
    title="Subnet",
    defaults={
        "name": "",
        "network_id": None,
        "ip_version": 4,
        "subnetpool_id": None,
        "enable_dhcp": True,
        "ipv6_ra_mode": None,
        "ipv6_address_mode": None,
        "gateway_ip": None,
        "cidr": None,
        "allocation_pools": [],
        "host_routes": [],
        "dns_nameservers": [],
        "description": "",
        "router:external": False,
        "service_types": [],
        "tags": [],
        "revision_number": 0,
    },
    of_extension={"router:external": "subnet-external-network"},
    for_admins=frozenset({"service_types", "segment_id", "router:external"}),
    fixed=frozenset(
        "id network_id ip_version cidr subnetpool_id ipv6_ra_mode ipv6_address_mode tags".split()
    ),
    complete=_complete_subnet,
    present=_present_subnets,
    release=_release_subnet,
    is_shared=_is_of_public,
    **NETWORK_KIND,
)


def make_tag_routes(kind: Kind) -> tuple[Route, ...]:
    """Return the routes to the tags of one kind of object."""

    def show(state: State, request: Request, object_id: str) -> Answer:
        return answer_json(200, {"tags": kind.find(state, object_id)["tags"]})

    def replace(state: State, request: Request, object_id: str) -> Answer:
        tags = request.read_json().get("tags")
        if not isinstance(tags, list) or len(tags) != len(set(tags)):
            raise RefusalError(400, "Invalid input for tags. Reason: no list of different ones.")
        if longest := max((tag for tag in tags if len(tag) > _TAG_LONGEST), default=""):
            raise RefusalError(400, f"'{longest}' exceeds maximum length of {_TAG_LONGEST}.")
        _set_tags(kind.find(state, object_id), tags)
        return answer_json(200, {"tags": tags})

    def clear(state: State, request: Request, object_id: str) -> Answer:
        _set_tags(kind.find(state, object_id), [])
        return Answer(204)

    def add(state: State, request: Request, object_id: str, tag: str) -> Answer:
        document = kind.find(state, object_id)
        _set_tags(document, [*document["tags"], tag])
        return Answer(201)

    def remove(state: State, request: Request, object_id: str, tag: str) -> Answer:
        document = kind.find(state, object_id)
        if tag not in document["tags"]:
            raise RefusalError(404, f"Tag {tag} could not be found.", "TagNotFound")
        _set_tags(document, [other for other in document["tags"] if other != tag])
        return Answer(204)

    path = f"/{kind.collection}/([^/]+)/tags"
    return (
        Route("GET", path, show),
        Route("PUT", path, replace),
        Route("DELETE", path, clear),
        Route("PUT", f"{path}/([^/]+)", add),
        Route("DELETE", f"{path}/([^/]+)", remove),
    )


def _set_tags(document: Document, tags: Iterable[str]) -> None:
    document["tags"] = sorted(set(tags))
    document["revision_number"] += 1


def list_extensions(state: State, request: Request) -> Answer:
    """Tell the extensions that the release has."""
    extensions = [
        {"alias": alias, "name": alias, "description": alias, "updated": "", "links": []}
        for alias in sorted(state.release.extensions)
    ]
    return answer_json(200, {"extensions": extensions})


def list_zones(state: State, request: Request) -> Answer:
    """Tell neutron's availability zones: two agents' kinds, one zone."""
    zones = [
        {"name": "nova", "resource": resource, "state": "available"}
        for resource in ("network", "router")
    ]
    return answer_json(200, {"availability_zones": zones})


OTHER_ROUTES = (
    Route("GET", "/extensions", list_extensions),
    Route("GET", "/availability_zones", list_zones),
)
