"""Routers; missing interfaces and routes are added on every run, none is ever removed."""

from __future__ import annotations

from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    ADMIN_STATE_UP,
    DESCRIPTION,
    TAGS,
    UNSET,
    Argument,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.comparison import (
    drop_nulls,
    is_same_set,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import (
    AUTOMATIC_ADDRESS_MODES,
    INTERFACE_OWNERS,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import (
    Obtained,
    Origin,
    Task,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.listings import Listings
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag, make_marker
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.subnet import ROUTE
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json, Query, quote_id


def build_gateway(task: Task, body: Json) -> Json:
    """Add the external gateway."""
    network_id = task.arguments.get("external_network")
    return {**body, "external_gateway_info": {"network_id": network_id}} if network_id else body


def read_external_network(router: Json) -> str | None:
    """Return the network of the external gateway, None if there is none."""
    network_id: str | None = (router.get("external_gateway_info") or {}).get("network_id")
    return network_id


def join_subnets(task: Task, obtained: Obtained) -> bool:
    """Add the interfaces, then the routes, which need them, to a router that downpour made."""
    if obtained.origin is Origin.PLANNED or not ROUTER.is_ours(task, obtained.found):
        return False
    ports = _list_interfaces(task, obtained.new_id)
    joined = {str(address["subnet_id"]) for port in ports for address in port["fixed_ips"]}
    wanted = task.arguments.get("interfaces") or ()
    missing = [interface for interface in wanted if interface["subnet"] not in joined]
    # A run that was killed left them with the name by which they are found.
    unfinished = [port for port in ports if port.get("name") == _name_interface(task)]
    if not task.is_check_mode:
        for port in unfinished:
            _clear_name(task, port)
        for interface in missing:
            _add_interface(task, obtained.new_id, interface)
    return _add_routes(task, obtained.new_id) or bool(missing or unfinished)


def read_interfaces(listings: Listings, router: Json, wanted: Any) -> list[Json]:
    """Return the subnets that the router joins, each with its address if a task has to say it.

    Nobody has to name the gateway's address or one that neutron makes of a MAC; what is named all
    the same is told for comparison.
    """
    entries = wanted if wanted is not UNSET else None
    named = {entry["subnet"] for entry in entries or () if entry.get("ip_address")}
    subnets = {item["id"]: item for item in listings.read("network", "/subnets", "subnets")}
    interfaces: list[Json] = []
    for port in listings.read("network", "/ports", "ports"):
        if port["device_id"] != router["id"] or port["device_owner"] not in INTERFACE_OWNERS:
            continue
        for address in port["fixed_ips"]:
            subnet = subnets.get(address["subnet_id"], {})
            is_gateway = address["ip_address"] == subnet.get("gateway_ip")
            is_automatic = is_automatically_addressed(subnet)
            if is_automatic and not is_gateway and len(port["fixed_ips"]) > 1:
                # Neutron added it by itself to a port that has another one.
                continue
            interface = {"subnet": address["subnet_id"]}
            if address["subnet_id"] in named or not (is_gateway or is_automatic):
                interface["ip_address"] = address["ip_address"]
            interfaces.append(interface)
    return sorted(interfaces, key=lambda interface: sorted(interface.items()))


def is_automatically_addressed(subnet: Json) -> bool:
    """Whether neutron makes the addresses of ports from their MACs, and takes no others."""
    modes = {subnet.get("ipv6_address_mode"), subnet.get("ipv6_ra_mode")}
    return not AUTOMATIC_ADDRESS_MODES.isdisjoint(modes)


def has_same_interfaces(wanted: list[Json], found: list[Json]) -> bool:
    """Compare in any order; an address that is null is one that is not named."""
    return is_same_set([drop_nulls(interface) for interface in wanted], found)


def _list_interfaces(task: Task, router_id: str) -> list[Json]:
    fields = ["id", "name", "device_owner", "fixed_ips"]
    query: Query = {"device_id": router_id, "fields": fields}
    ports = task.cloud.list_all("network", "/ports", "ports", query)
    return [port for port in ports if port.get("device_owner") in INTERFACE_OWNERS]


def _name_interface(task: Task) -> str:
    """Return the name that tells a later run that a port was made here, should this one die."""
    return f"{make_marker(task.old_id)}:interface"


def _add_interface(task: Task, router_id: str, interface: Json) -> None:
    cloud = task.cloud
    address = f"/routers/{quote_id(router_id)}/add_router_interface"
    subnet = cloud.get("network", f"/subnets/{quote_id(interface['subnet'])}")["subnet"]
    wanted_ip = interface.get("ip_address")
    if not wanted_ip or wanted_ip == subnet["gateway_ip"]:
        cloud.put("network", address, {"subnet_id": subnet["id"]})
        return
    name = _name_interface(task)
    query = {"name": name, "network_id": subnet["network_id"]}
    for port in cloud.list_all("network", "/ports", "ports", query):
        if [fixed_ip["ip_address"] for fixed_ip in port["fixed_ips"]] == [wanted_ip]:
            break
    else:
        fixed_ip = {"subnet_id": subnet["id"], "ip_address": wanted_ip}
        body = {"network_id": subnet["network_id"], "name": name, "fixed_ips": [fixed_ip]}
        port = cloud.post("network", "/ports", {"port": body})["port"]
    cloud.put("network", address, {"port_id": port["id"]})
    _clear_name(task, port)


def _clear_name(task: Task, port: Json) -> None:
    task.cloud.put("network", f"/ports/{quote_id(port['id'])}", {"port": {"name": ""}})


def _add_routes(task: Task, router_id: str) -> bool:
    wanted = task.arguments.get("routes") or []
    if not wanted:
        return False
    address = f"/routers/{quote_id(router_id)}"
    existing = task.cloud.get("network", address)["router"].get("routes") or []
    missing = [route for route in wanted if route not in existing]
    if missing and not task.is_check_mode:
        routes = {"router": {"routes": [*existing, *missing]}}
        task.cloud.put("network", address, routes)
    return bool(missing)


ROUTER = ResourceType(
    name="router",
    service="network",
    path="/routers",
    key="router",
    marker=NetworkTag("router"),
    summary="creates a router with its interfaces",
    description=(
        (
            "Interfaces and routes that are missing are added on each run, but only to a router "
            "that downpour made. None is ever removed."
        ),
    ),
    arguments=(
        DESCRIPTION,
        ADMIN_STATE_UP,
        Argument(
            "external_network",
            "Id of the external network in the destination. Null means that there is none.",
            wire=None,
            refers_to="network",
            read=read_external_network,
        ),
        Argument(
            "interfaces",
            "The subnets that the router joins.",
            "list",
            "dict",
            options=(
                Argument(
                    "subnet",
                    "Id of the subnet in the destination.",
                    is_required=True,
                    refers_to="subnet",
                ),
                Argument(
                    "ip_address",
                    "Address of the router in the subnet. Null means the subnet's gateway.",
                ),
            ),
            wire=None,
            default=[],
            implied=[],
            is_same=has_same_interfaces,
        ),
        Argument(
            "routes",
            "Extra routes. They are set when the interfaces are there.",
            "list",
            "dict",
            options=ROUTE,
            is_in_body=False,
            default=[],
            implied=[],
            is_same=is_same_set,
        ),
        Argument(
            "availability_zone_hints",
            "Availability zones in which the router is to be served.",
            "list",
            "str",
            is_same=is_same_set,
        ),
        TAGS,
    ),
    readers={"interfaces": read_interfaces},
    extend_body=build_gateway,
    finish=join_subnets,
    example="""\
- name: Create router edge
  downpour.cloud.router:
    old_id: 2a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "edge"
    external_network: "{{ destination.networks.public }}"
    interfaces:
      - subnet: "{{ subnet_web_v4.id }}"
  register: router_edge
""",
)
