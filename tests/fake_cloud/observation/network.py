"""What neutron answers."""

from __future__ import annotations

from tests.fake_cloud.observation.observer import NETWORK, Document, Observer


def observe_networks(cloud: Observer) -> dict[str, str]:
    """Networks, subnets, groups and ports; return ids for what comes after."""
    ids = {"network": cloud.create("network", NETWORK, "/networks", "network", name="n")["id"]}
    address = {"network_id": ids["network"], "ip_version": 4, "cidr": "10.0.0.0/24"}
    subnet = cloud.create("subnet", NETWORK, "/subnets", "subnet", **address)
    ids["subnet"] = subnet["id"]
    slaac = {"ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"}
    sixth = {"network_id": ids["network"], "ip_version": 6, "cidr": "2001:db8::/64", **slaac}
    automatic = cloud.create("subnet 6", NETWORK, "/subnets", "subnet", **sixth)
    overlap = {"subnet": {**address, "cidr": "10.0.0.0/25"}}
    cloud.ask("subnet overlaps", NETWORK, "POST", "/subnets", json=overlap)
    for each, names in ((subnet, ("gateway_ip", "allocation_pools")), (automatic, ("gateway_ip",))):
        cloud.note(f"subnet {each['ip_version']} filled", [each[name] for name in names])
    tags = {"tags": ["b", "downpour:0a"]}
    cloud.ask("tags", NETWORK, "PUT", f"/networks/{ids['network']}/tags", json=tags)
    for name, query in {
        "marker found": {"tags": "downpour:0a"},
        "other marker": {"tags": "downpour:0b"},
        "both tags": {"tags": "b,downpour:0a"},
        "one of the tags": {"tags": "c,b"},
        "fields": {"name": "n", "fields": ["id", "tags"]},
    }.items():
        found = cloud.ask(name, NETWORK, "GET", "/networks", params=query)["networks"]
        cloud.note(f"{name}: what", [sorted(item["tags"]) for item in found])
    page = cloud.ask("page", NETWORK, "GET", "/networks", params={"limit": 1})
    cloud.note("page links", [link["rel"] for link in page["networks_links"]][:1])
    cloud.show("shown network", NETWORK, f"/networks/{ids['network']}", "network")
    cloud.show("shown subnet", NETWORK, f"/subnets/{ids['subnet']}", "subnet")
    cloud.ask("no network", NETWORK, "GET", "/networks/unknown")
    cloud.ask("unknown attribute", NETWORK, "POST", "/networks", json={"network": {"x": 1}})
    cloud.ask("shared network", NETWORK, "POST", "/networks", json={"network": {"shared": True}})
    query = {"router:external": "true"}
    external = cloud.ask("external", NETWORK, "GET", "/networks", params=query)["networks"]
    return {**ids, "external": external[0]["id"], "automatic": automatic["id"]}


def observe_groups(cloud: Observer) -> None:
    """Security groups and rules: what is refused, and what is made of a rule."""
    group = cloud.create("group", NETWORK, "/security-groups", "security_group", name="g")
    shown = cloud.show("g", NETWORK, f"/security-groups/{group['id']}", "security_group")
    cloud.note("new rules", sorted(rule["direction"] for rule in shown["security_group_rules"]))
    rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp"}
    ssh = {**rule, "port_range_min": 22, "port_range_max": 22}
    path, key = "/security-group-rules", "security_group_rule"
    made = cloud.create("rule", NETWORK, path, key, **ssh)
    cloud.show("shown rule", NETWORK, f"{path}/{made['id']}", key)
    cloud.ask("same rule", NETWORK, "POST", path, json={key: ssh})
    cloud.ask("same rule described", NETWORK, "POST", path, json={key: {**ssh, "description": "d"}})
    everything = {**rule, "port_range_min": 1, "port_range_max": 65535}
    bulk = {"security_group_rules": [everything, ssh]}
    cloud.ask("rules with a same one", NETWORK, "POST", path, json=bulk)
    ping = {**rule, "protocol": "icmp", "remote_ip_prefix": "10.1.2.3/8"}
    sixth = {**rule, "ethertype": "IPv6", "protocol": "icmp"}
    bulk = {"security_group_rules": [everything, ping, sixth]}
    rules = cloud.ask("rules", NETWORK, "POST", path, json=bulk)["security_group_rules"]
    told = ("protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "normalized_cidr")
    cloud.note("rules as kept", [[item[name] for name in told] for item in rules])
    refused_rules: dict[str, Document] = {
        "ports without a protocol": {"protocol": None, "port_range_min": 1, "port_range_max": 2},
        "prefix of another family": {"remote_ip_prefix": "2001:db8::/32"},
        "prefix everywhere": {**ssh, "remote_ip_prefix": "0.0.0.0/0"},
        "no direction": {"direction": "x"},
    }
    for label, refused in refused_rules.items():
        cloud.ask(label, NETWORK, "POST", path, json={key: {**rule, **refused}})
    default = {"security_group": {"name": "default"}}
    cloud.ask("second default", NETWORK, "POST", "/security-groups", json=default)
    query = {"name": "default"}
    found = cloud.ask("default", NETWORK, "GET", "/security-groups", params=query)
    [default_group] = found["security_groups"]
    path = f"/security-groups/{default_group['id']}"
    cloud.ask("default deleted", NETWORK, "DELETE", path)
    cloud.ask("default renamed", NETWORK, "PUT", path, json={"security_group": {"name": "x"}})


def observe_ports(cloud: Observer, ids: dict[str, str]) -> None:
    """Ports, routers and floating IPs."""
    port = cloud.create("port", NETWORK, "/ports", "port", network_id=ids["network"], name="p")
    ids["port"] = port["id"]
    cloud.show("shown port", NETWORK, f"/ports/{port['id']}", "port")
    cloud.note("subnets of the port", len(port["fixed_ips"]))
    fixed = next(item for item in port["fixed_ips"] if item["subnet_id"] == ids["subnet"])
    by_hand = {"subnet_id": ids["automatic"], "ip_address": "2001:db8::99"}
    bodies: dict[str, Document] = {
        "address taken": {"fixed_ips": [{"ip_address": fixed["ip_address"]}]},
        "mac taken": {"mac_address": port["mac_address"]},
        "automatic address": {"fixed_ips": [by_hand]},
        "foreign address": {
            "network_id": ids["external"],
            "fixed_ips": [{"ip_address": "198.18.1.9"}],
        },
        "no addresses": {"fixed_ips": [], "allowed_address_pairs": [{"ip_address": "10.3.3.3"}]},
        "unprotected": {"port_security_enabled": False},
    }
    for label, body in bodies.items():
        answer = cloud.ask(
            label, NETWORK, "POST", "/ports", json={"port": {"network_id": ids["network"], **body}}
        )
        made = answer.get("port")
        if made:
            cloud.note(f"{label}: made", [len(made["fixed_ips"]), len(made["security_groups"])])
    gateway = {"network_id": ids["external"]}
    router = cloud.create(
        "router", NETWORK, "/routers", "router", name="r", external_gateway_info=gateway
    )
    path = f"/routers/{router['id']}"
    cloud.show("shown router", NETWORK, path, "router")
    cloud.note("gateway", sorted(router["external_gateway_info"]))
    lone = {"floating_network_id": ids["external"], "port_id": port["id"]}
    cloud.ask("unreachable", NETWORK, "POST", "/floatingips", json={"floatingip": lone})
    for label in ("interface", "interface again"):
        body = {"subnet_id": ids["subnet"]}
        cloud.ask(label, NETWORK, "PUT", f"{path}/add_router_interface", json=body)
    for label, nexthop in (("route", "10.0.0.9"), ("lost route", "10.9.0.9")):
        routes = [{"destination": "10.7.0.0/16", "nexthop": nexthop}]
        cloud.ask(label, NETWORK, "PUT", path, json={"router": {"routes": routes}})
    query = {"device_id": router["id"], "fields": ["device_owner", "fixed_ips"]}
    found = cloud.ask("interfaces", NETWORK, "GET", "/ports", params=query)["ports"]
    cloud.note("interface owners", [item["device_owner"] for item in found])
    for label, gone in (("router", path), ("subnet", f"/subnets/{ids['subnet']}")):
        cloud.ask(f"{label} in use", NETWORK, "DELETE", gone)
    cloud.ask("network in use", NETWORK, "DELETE", f"/networks/{ids['network']}")
    observe_floating_ips(cloud, ids)


def observe_floating_ips(cloud: Observer, ids: dict[str, str]) -> None:
    """Floating IPs, on a port that a router reaches."""
    path, key = "/floatingips", "floatingip"
    lone = {"floating_network_id": ids["external"], "port_id": ids["port"]}
    floating = cloud.create("floating", NETWORK, path, key, **lone, description="downpour:0a")
    cloud.show("shown floating", NETWORK, f"{path}/{floating['id']}", key)
    cloud.note("its address", floating["fixed_ip_address"] is not None)
    found = cloud.ask("by description", NETWORK, "GET", path, params={"description": "downpour:0a"})
    cloud.note("found by description", len(found["floatingips"]))
    for label, body in {
        "floating twice": lone,
        "not external": {"floating_network_id": ids["network"]},
        "address chosen": {**lone, "floating_ip_address": "198.18.1.200"},
    }.items():
        cloud.ask(label, NETWORK, "POST", path, json={key: body})
    changes: dict[str, Document] = {
        "other fixed address": {"port_id": ids["port"], "fixed_ip_address": "10.0.0.77"},
        "taken off": {"port_id": None},
        "put on again": {"port_id": ids["port"]},
    }
    for label, body in changes.items():
        cloud.ask(label, NETWORK, "PUT", f"{path}/{floating['id']}", json={key: body})
