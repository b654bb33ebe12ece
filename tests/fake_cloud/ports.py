"""neutron's ports: their addresses, MACs and security groups."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from tests.fake_cloud.kinds import NETWORK_KIND, Kind
from tests.fake_cloud.messages import Document, RefusalError, Request
from tests.fake_cloud.networks import (
    NETWORKS,
    SUBNETS,
    has_automatic_addresses,
    list_subnets,
    parse_range,
)
from tests.fake_cloud.state import State

_FOR_OWNERS = ("mac_address", "port_security_enabled", "allowed_address_pairs")
_TAGS_AT_BIRTH = "tag-ports-during-bulk-creation"
INTERFACE_OWNER = "network:router_interface"


def list_addresses(state: State, subnet_id: str) -> set[str]:
    """Return the addresses of a subnet that are given out."""
    return {
        address["ip_address"]
        for port in PORTS.open(state).values()
        for address in port["fixed_ips"]
        if address["subnet_id"] == subnet_id
    }


def allocate_address(state: State, subnet: Document, *, used: Iterable[str] = ()) -> str:
    """Return the first address of the pools that nobody has."""
    taken = list_addresses(state, subnet["id"]) | set(used)
    for pool in subnet["allocation_pools"]:
        first, last = (ipaddress.ip_address(pool[end]) for end in ("start", "end"))
        for number in range(int(first), int(last) + 1):
            address = str(type(first)(number))
            if address not in taken:
                return address
    text = f"No more IP addresses available on network {subnet['network_id']}."
    raise RefusalError(409, text, "IpAddressGenerationFailure")


def make_eui64_address(subnet: Document, mac_address: str) -> str:
    """Return the address that follows from a MAC in a subnet with automatic addresses."""
    octets = [int(text, 16) for text in mac_address.split(":")]
    octets[0] ^= 2
    host = int.from_bytes(bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]]), "big")
    return str(parse_range(subnet["cidr"]).network_address + host)


def choose_addresses(
    state: State, network: Document, mac_address: str, wanted: Any
) -> list[Document]:
    """Return the fixed addresses of a port; ``wanted`` is the request's list, else ``None``."""
    subnets = list_subnets(state, network["id"])
    chosen: list[Document] = []
    if wanted is None:
        for version in (4, 6):
            plain = [
                subnet
                for subnet in subnets
                if subnet["ip_version"] == version and not has_automatic_addresses(subnet)
            ]
            if plain:
                chosen.append(_make_address(plain[0], allocate_address(state, plain[0])))
    for address in wanted or ():
        chosen.append(_choose_address(state, network, subnets, mac_address, address, chosen))
    given = {address["subnet_id"] for address in chosen}
    chosen.extend(
        _make_address(subnet, make_eui64_address(subnet, mac_address))
        for subnet in subnets
        if has_automatic_addresses(subnet) and subnet["id"] not in given
    )
    return chosen


def _make_address(subnet: Document, address: str) -> Document:
    return {"subnet_id": subnet["id"], "ip_address": address}


def _choose_address(
    state: State,
    network: Document,
    subnets: list[Document],
    mac_address: str,
    wanted: Document,
    chosen: list[Document],
) -> Document:
    subnet = _find_subnet(state, network, subnets, wanted)
    given = wanted.get("ip_address")
    if has_automatic_addresses(subnet):
        automatic = make_eui64_address(subnet, mac_address)
        if given and given not in (automatic, subnet["gateway_ip"]):
            text = (
                f"IPv6 address {given} cannot be directly assigned to a port on subnet "
                f"{subnet['id']} as the subnet is configured for automatic addresses"
            )
            raise RefusalError(400, text, "AllocationOnAutoAddressSubnet")
        return _make_address(subnet, given or automatic)
    if given is None:
        used = [address["ip_address"] for address in chosen]
        return _make_address(subnet, allocate_address(state, subnet, used=used))
    if given in list_addresses(state, subnet["id"]):
        text = f"IP address {given} already allocated in subnet {subnet['id']}"
        raise RefusalError(409, text, "IpAddressAlreadyAllocated")
    return _make_address(subnet, given)


def _find_subnet(
    state: State, network: Document, subnets: list[Document], wanted: Document
) -> Document:
    if subnet_id := wanted.get("subnet_id"):
        subnet = SUBNETS.find(state, subnet_id)
        if subnet["network_id"] != network["id"]:
            text = f"Failed to create port on network {network['id']}, because fixed_ips included"
            raise RefusalError(400, f"{text} invalid subnet {subnet_id}", "InvalidInput")
        return subnet
    address = ipaddress.ip_address(wanted["ip_address"])
    for subnet in subnets:
        if address in parse_range(subnet["cidr"]):
            return subnet
    text = f"IP address {address} is not a valid IP for any of the subnets on the network."
    raise RefusalError(400, text, "InvalidIpForNetwork")


def _complete_port(state: State, port: Document, body: Document) -> None:
    network = NETWORKS.find(state, str(body.get("network_id")))
    _check_rights(state, network, body)
    port["mac_address"] = body.get("mac_address") or state.make_mac_address()
    for other in PORTS.open(state).values():
        if (other["network_id"], other["mac_address"]) == (network["id"], port["mac_address"]):
            text = f"The mac address {port['mac_address']} is in use."
            where = f"Unable to complete operation for network {network['id']}."
            raise RefusalError(409, f"{where} {text}", "MacAddressInUse")
    port["fixed_ips"] = choose_addresses(state, network, port["mac_address"], body.get("fixed_ips"))
    _complete_protection(state, port, body, network)
    port["tags"] = _choose_tags(state, body)


def _check_rights(state: State, network: Document, body: Document) -> None:
    """Refuse what only a network's owner may choose (neutron/conf/policies/port.py)."""
    if network["project_id"] == state.project_id:
        return
    asked = [name for name in _FOR_OWNERS if name in body]
    if any("ip_address" in address for address in body.get("fixed_ips") or ()):
        asked.append("fixed_ips")
    if asked:
        rule = f"rule:create_port and (rule:create_port:{asked[0]})"
        raise RefusalError(403, f"({rule}) is disallowed by policy", "PolicyNotAuthorized")


def _complete_protection(state: State, port: Document, body: Document, network: Document) -> None:
    is_protected = body.get("port_security_enabled", network["port_security_enabled"])
    port["port_security_enabled"] = is_protected
    groups = state.open_collection("network", "security-groups")
    if "security_groups" not in body:
        port["security_groups"] = find_default_groups(state) if is_protected else []
    for group_id in port["security_groups"] or ():
        if group_id not in groups:
            text = f"Security group {group_id} does not exist"
            raise RefusalError(404, text, "SecurityGroupNotFound")
    port["allowed_address_pairs"] = [
        {"mac_address": port["mac_address"], **pair} for pair in port["allowed_address_pairs"]
    ]


def find_default_groups(state: State) -> list[str]:
    """Return the id of the project's default group, as a list."""
    groups = state.open_collection("network", "security-groups").values()
    return [
        group["id"]
        for group in groups
        if group["name"] == "default" and group["project_id"] == state.project_id
    ]


def _choose_tags(state: State, body: Document) -> list[str]:
    # Without the extension, neutron takes the tags and forgets them.
    is_born_with_tags = _TAGS_AT_BIRTH in state.release.extensions
    return sorted(body.get("tags") or ()) if is_born_with_tags else []


def _change_port(state: State, port: Document, body: Document) -> None:
    network = NETWORKS.open(state)[port["network_id"]]
    _check_rights(state, network, body)
    if "fixed_ips" in body:
        port["fixed_ips"] = []
        body["fixed_ips"] = choose_addresses(state, network, port["mac_address"], body["fixed_ips"])


def _release_port(state: State, port: Document) -> None:
    if port["device_owner"] == INTERFACE_OWNER:
        text = f"has device owner {port['device_owner']}"
        where = f"Port {port['id']} cannot be deleted directly via the port API:"
        raise RefusalError(409, f"{where} {text}", "ServicePortInUse")
    for address in state.open_collection("network", "floatingips").values():
        if address["port_id"] == port["id"]:
            address |= {"port_id": None, "fixed_ip_address": None, "router_id": None}


def _is_in_own_network(state: State, port: Document) -> bool:
    network = NETWORKS.open(state).get(port["network_id"], {})
    return bool(network.get("project_id") == state.project_id)


def _present_ports(state: State, ports: Iterable[Document], request: Request) -> Iterator[Document]:
    for port in ports:
        names = []
        for address in port["fixed_ips"]:
            host = "host-" + address["ip_address"].replace(".", "-").replace(":", "-")
            names.append(
                {
                    "ip_address": address["ip_address"],
                    "hostname": host,
                    "fqdn": f"{host}.openstacklocal.",
                }
            )
        yield {**port, "dns_assignment": names}


PORTS = Kind(
    collection="ports",
    key="port",
    title="Port",
    defaults={
        "name": "",
        "network_id": None,
        "mac_address": "",
        "admin_state_up": True,
        "status": "DOWN",
        "device_id": "",
        "device_owner": "",
        "fixed_ips": [],
        "allowed_address_pairs": [],
        "extra_dhcp_opts": [],
        "security_groups": [],
        "description": "",
        "binding:vnic_type": "normal",
        "port_security_enabled": True,
        "qos_policy_id": None,
        "qos_network_policy_id": None,
        "dns_name": "",
        "dns_assignment": [],
        "dns_domain": "",
        "ip_allocation": "immediate",
        "tags": [],
        "revision_number": 1,
    },
    of_extension={"qos_network_policy_id": "qos-port-network-policy"},
    for_admins=frozenset({"binding:profile", "binding:host_id", "status"}),
    fixed=frozenset({"id", "network_id", "tags", "mac_address", "revision_number"}),
    complete=_complete_port,
    change=_change_port,
    present=_present_ports,
    release=_release_port,
    is_shared=_is_in_own_network,
    **NETWORK_KIND,
)
