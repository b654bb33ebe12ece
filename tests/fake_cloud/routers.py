"""neutron's routers with their interfaces, gateways and routes, and floating IPs."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from tests.fake_cloud.kinds import NETWORK_KIND, Kind, Route
from tests.fake_cloud.messages import Answer, Document, RefusalError, Request, answer_json
from tests.fake_cloud.networks import NETWORKS, SUBNETS, list_subnets, parse_range
from tests.fake_cloud.ports import INTERFACE_OWNER, PORTS, allocate_address, list_addresses
from tests.fake_cloud.state import State

_GATEWAY_OWNER = "network:router_gateway"


def list_interfaces(state: State, router_id: str) -> list[Document]:
    """Return the ports by which a router joins subnets."""
    return [
        port
        for port in PORTS.open(state).values()
        if port["device_id"] == router_id and port["device_owner"] == INTERFACE_OWNER
    ]


def _find_external(state: State, network_id: Any, kind: str) -> Document:
    network = NETWORKS.find(state, str(network_id))
    if not network["router:external"]:
        text = f"Network {network_id} is not a valid external network."
        raise RefusalError(400, f"Bad {kind} request: {text}", "BadRequest")
    return network


def _take_address(
    state: State, network: Document, owner: str, device_id: str, used: Iterable[str] = ()
) -> Document:
    """Give out an address of an external network, to a port that no project sees."""
    subnet = list_subnets(state, network["id"])[0]
    address = {
        "subnet_id": subnet["id"],
        "ip_address": allocate_address(state, subnet, used=used),
    }
    body = {
        "network_id": network["id"],
        "mac_address": state.make_mac_address(),
        "device_owner": owner,
        "device_id": device_id,
        "fixed_ips": [address],
        "project_id": "",
        "tenant_id": "",
        "status": "ACTIVE",
    }
    port = PORTS.build(state, body)
    PORTS.open(state)[port["id"]] = port
    return address


def _free_addresses(state: State, device_id: str) -> None:
    for port in list(PORTS.open(state).values()):
        if port["device_id"] == device_id and not port["project_id"]:
            PORTS.remove(state, port)


def _connect_gateway(state: State, router: Document, gateway: Document | None) -> Document | None:
    if not gateway:
        _free_addresses(state, router["id"])
        return None
    if asked := sorted(set(gateway) - {"network_id"}):
        rule = f"rule:update_router:external_gateway_info:{asked[0]}"
        raise RefusalError(403, f"({rule}) is disallowed by policy", "PolicyNotAuthorized")
    network = _find_external(state, gateway.get("network_id"), "router")
    old = router.get("external_gateway_info")
    if old and "external_fixed_ips" in old and old["network_id"] == network["id"]:
        return dict(old)
    _free_addresses(state, router["id"])
    address = _take_address(state, network, _GATEWAY_OWNER, router["id"])
    return {
        "network_id": network["id"],
        "external_fixed_ips": [address],
        "enable_snat": True,
    }


def _complete_router(state: State, router: Document, body: Document) -> None:
    router["external_gateway_info"] = None
    gateway = body.get("external_gateway_info")
    router["external_gateway_info"] = _connect_gateway(state, router, gateway)


def _change_router(state: State, router: Document, body: Document) -> None:
    if "external_gateway_info" in body:
        gateway = _connect_gateway(state, router, body["external_gateway_info"])
        body["external_gateway_info"] = gateway
    ranges = [
        parse_range(SUBNETS.open(state)[address["subnet_id"]]["cidr"])
        for port in list_interfaces(state, router["id"])
        for address in port["fixed_ips"]
    ]
    for route in body.get("routes") or ():
        if not any(ipaddress.ip_address(route["nexthop"]) in cidr for cidr in ranges):
            text = f"Invalid format for routes: {body['routes']}, the nexthop is not connected"
            raise RefusalError(400, f"{text} with router", "InvalidRoutes")


def _release_router(state: State, router: Document) -> None:
    if ports := [port["id"] for port in list_interfaces(state, router["id"])]:
        text = f"Router {router['id']} has ports still attached: {', '.join(ports)}"
        raise RefusalError(409, text, "RouterInUse")
    _free_addresses(state, router["id"])


ROUTERS = Kind(
    collection="routers",
    key="router",
    title="Router",
    defaults={
        "name": "",
        "admin_state_up": True,
        "status": "ACTIVE",
        "external_gateway_info": None,
        "description": "",
        "availability_zones": [],
        "availability_zone_hints": [],
        "routes": [],
        "flavor_id": None,
        "tags": [],
        "revision_number": 1,
    },
    for_admins=frozenset({"ha", "distributed", "status"}),
    fixed=frozenset({"id", "tags", "availability_zones", "availability_zone_hints", "flavor_id"}),
    complete=_complete_router,
    change=_change_router,
    release=_release_router,
    **NETWORK_KIND,
)


def add_interface(state: State, request: Request, router_id: str) -> Answer:
    """Join a subnet: with a new port of its own, or with the port that is given."""
    router = ROUTERS.find(state, router_id)
    body = request.read_json()
    if port_id := body.get("port_id"):
        port = PORTS.find(state, port_id)
        if port["device_id"]:
            text = f"Port {port_id} is in use by device {port['device_id']}."
            where = f"Unable to complete operation on port {port_id} for network."
            raise RefusalError(409, f"{where} {text}", "PortInUse")
        subnet_ids = [address["subnet_id"] for address in port["fixed_ips"]]
        for subnet_id in subnet_ids:
            _check_is_free(state, router, subnet_id)
    else:
        subnet = SUBNETS.find(state, str(body.get("subnet_id")))
        subnet_ids = [subnet["id"]]
        port = _make_interface_port(state, router, subnet)
    port |= {"device_id": router_id, "device_owner": INTERFACE_OWNER, "status": "ACTIVE"}
    router["revision_number"] += 1
    return answer_json(200, _describe_interface(router, port, subnet_ids))


def _check_is_free(state: State, router: Document, subnet_id: str) -> None:
    for port in list_interfaces(state, router["id"]):
        if any(address["subnet_id"] == subnet_id for address in port["fixed_ips"]):
            text = f"Router already has a port on subnet {subnet_id}."
            raise RefusalError(400, f"Bad router request: {text}", "BadRequest")


def _make_interface_port(state: State, router: Document, subnet: Document) -> Document:
    _check_is_free(state, router, subnet["id"])
    gateway = subnet["gateway_ip"]
    if gateway is None:
        text = "Subnet for router interface must have a gateway IP"
        raise RefusalError(400, f"Bad router request: {text}", "BadRequest")
    if gateway in list_addresses(state, subnet["id"]):
        text = f"IP address {gateway} already allocated in subnet {subnet['id']}"
        raise RefusalError(409, text, "IpAddressAlreadyAllocated")
    body = {
        "network_id": subnet["network_id"],
        "mac_address": state.make_mac_address(),
        "fixed_ips": [{"subnet_id": subnet["id"], "ip_address": gateway}],
        "port_security_enabled": False,
    }
    port = PORTS.build(state, body)
    PORTS.open(state)[port["id"]] = port
    return port


def _describe_interface(router: Document, port: Document, subnet_ids: list[str]) -> Document:
    return {
        "id": router["id"],
        "project_id": router["project_id"],
        "port_id": port["id"],
        "network_id": port["network_id"],
        "subnet_id": subnet_ids[0] if subnet_ids else None,
        "subnet_ids": subnet_ids,
    }


def remove_interface(state: State, request: Request, router_id: str) -> Answer:
    """Leave a subnet; the port goes."""
    router = ROUTERS.find(state, router_id)
    body = request.read_json()
    for port in list_interfaces(state, router_id):
        subnet_ids = [address["subnet_id"] for address in port["fixed_ips"]]
        if body.get("port_id") == port["id"] or body.get("subnet_id") in subnet_ids:
            PORTS.remove(state, port)
            return answer_json(200, _describe_interface(router, port, subnet_ids))
    raise RefusalError(404, f"Router {router_id} has no such interface", "RouterInterfaceNotFound")


def _complete_floating_ip(state: State, floating: Document, body: Document) -> None:
    network = _find_external(state, body.get("floating_network_id"), "floatingip")
    # Not yet kept, so that a refusal leaves nothing behind.
    _associate(state, floating, body)
    address = _take_address(state, network, "network:floatingip", floating["id"])
    floating["floating_ip_address"] = address["ip_address"]


def _associate(state: State, floating: Document, body: Document) -> None:
    """Set port, address and router of a floating IP as a request wants them."""
    port_id = body.get("port_id")
    if not port_id:
        floating |= {"port_id": None, "fixed_ip_address": None, "router_id": None}
        return
    port = PORTS.find(state, port_id)
    fixed = [item for item in port["fixed_ips"] if ":" not in item["ip_address"]]
    wanted = body.get("fixed_ip_address") or (fixed[0]["ip_address"] if fixed else None)
    chosen = [item for item in fixed if item["ip_address"] == wanted]
    if not chosen:
        text = f"Port {port_id} does not have fixed ip {wanted}."
        raise RefusalError(400, f"Bad floatingip request: {text}", "BadRequest")
    external_id = floating["floating_network_id"]
    for other in FLOATING_IPS.open(state).values():
        taken = (other["port_id"], other["fixed_ip_address"], other["floating_network_id"])
        if other["id"] != floating["id"] and taken == (port_id, wanted, external_id):
            text = (
                f"Cannot associate floating IP {other['floating_ip_address']} ({floating['id']}) "
                f"with port {port_id} using fixed IP {wanted}, as that fixed IP already has a "
                f"floating IP on external network {external_id}."
            )
            raise RefusalError(409, text, "FloatingIPPortAlreadyAssociated")
    router_id = _find_way(state, chosen[0]["subnet_id"], external_id)
    if router_id is None:
        text = (
            f"External network {external_id} is not reachable from subnet "
            f"{chosen[0]['subnet_id']}. Therefore, cannot associate Port {port_id} with a "
            "Floating IP."
        )
        raise RefusalError(404, text, "ExternalGatewayForFloatingIPNotFound")
    floating |= {"port_id": port_id, "fixed_ip_address": wanted, "router_id": router_id}


def _find_way(state: State, subnet_id: str, network_id: str) -> str | None:
    """Return the router from a subnet to an external network."""
    for router in ROUTERS.open(state).values():
        gateway = router["external_gateway_info"] or {}
        if gateway.get("network_id") == network_id and any(
            address["subnet_id"] == subnet_id
            for port in list_interfaces(state, router["id"])
            for address in port["fixed_ips"]
        ):
            return str(router["id"])
    return None


def _change_floating_ip(state: State, floating: Document, body: Document) -> None:
    if "port_id" in body:
        _associate(state, floating, body)
        for name in ("port_id", "fixed_ip_address"):
            body.pop(name, None)


def _present_floating_ips(
    state: State, addresses: Iterable[Document], request: Request
) -> Iterator[Document]:
    told = "name network_id mac_address admin_state_up status device_id device_owner".split()
    for floating in addresses:
        port = PORTS.open(state).get(floating["port_id"])
        yield {
            **floating,
            "status": "ACTIVE" if floating["port_id"] else "DOWN",
            "port_details": port and {name: port[name] for name in told},
        }


FLOATING_IPS = Kind(
    collection="floatingips",
    key="floatingip",
    title="Floating IP",
    defaults={
        "floating_ip_address": None,
        "floating_network_id": None,
        "router_id": None,
        "port_id": None,
        "fixed_ip_address": None,
        "status": "DOWN",
        "description": "",
        "qos_policy_id": None,
        "port_details": None,
        "dns_domain": "",
        "dns_name": "",
        "tags": [],
        "revision_number": 0,
        "port_forwardings": [],
    },
    of_extension={
        "port_details": "fip-port-details",
        "port_forwardings": "expose-port-forwarding-in-fip",
        "qos_policy_id": "qos-fip",
    },
    for_admins=frozenset({"floating_ip_address"}),
    fixed=frozenset({"id", "floating_network_id", "tags", "router_id", "status"}),
    complete=_complete_floating_ip,
    change=_change_floating_ip,
    release=lambda state, floating: _free_addresses(state, floating["id"]),
    present=_present_floating_ips,
    **NETWORK_KIND,
)

INTERFACE_ROUTES = (
    Route("PUT", "/routers/([^/]+)/add_router_interface", add_interface),
    Route("PUT", "/routers/([^/]+)/remove_router_interface", remove_interface),
)
