"""Networks, subnets, routers, ports and groups: what belongs to whom, and what may be chosen."""

from __future__ import annotations

from typing import Any

import pytest

from downpour.resources.model import DestinationValue, Reference
from tests.unit.tenant import OTHER_PROJECT, PROJECT, Findings, Tenant


@pytest.mark.parametrize(
    ("attributes", "is_owned"),
    [
        ({}, True),
        ({"shared": True}, True),
        ({"project_id": OTHER_PROJECT}, False),
        ({"project_id": OTHER_PROJECT, "shared": True}, False),
        ({"router:external": True}, False),
    ],
)
def test_whose_network_it_is(attributes: dict[str, Any], is_owned: bool) -> None:
    """The project's own networks are carried; external ones and those of others are not."""
    tenant = Tenant()
    network = tenant.get("network", tenant.add("network", **attributes))
    assert tenant.inventory().is_owned(network) is is_owned


def test_shared_networks_tell_what_is_lost() -> None:
    """A network that the project shares is carried, the rights of others are not."""
    tenant = Tenant()
    network = tenant.add("network", shared=True)
    arguments, told = tenant.describe("network", network)
    (reason,) = told.omissions
    assert "rights of other projects" in reason
    assert "shared" not in arguments


def test_a_subnet_without_a_gateway() -> None:
    """``gateway_ip: null`` is said, for left out it would mean an automatic one."""
    tenant = Tenant()
    network = tenant.add("network")
    arguments, _ = tenant.describe(
        "subnet", tenant.add("subnet", gateway_ip=None, network_id=network)
    )
    assert arguments["gateway_ip"] is None
    assert arguments["network"] == Reference("network", network)


def test_the_order_of_name_servers() -> None:
    """The order of DNS servers means something and is kept."""
    tenant = Tenant()
    servers = ["192.0.2.54", "192.0.2.53"]
    arguments, _ = tenant.describe("subnet", tenant.add("subnet", dns_nameservers=servers))
    assert arguments["dns_nameservers"] == servers


def make_router(tenant: Tenant, **gateway: Any) -> tuple[str, list[str]]:
    """Add a router with interfaces in four subnets; return its id and those of the subnets."""
    router = tenant.add("router", "edge", external_gateway_info=gateway or None)
    subnets = [
        tenant.add("subnet", "a"),
        tenant.add("subnet", "b"),
        tenant.add("subnet", "other", project_id=OTHER_PROJECT),
    ]
    for owner, subnet, address in (
        ("network:router_interface", subnets[0], "10.0.0.1"),
        ("network:ha_router_replicated_interface", subnets[1], "10.0.0.77"),
        ("network:router_interface_distributed", subnets[2], "10.0.0.1"),
        ("network:router_interface", "invisible", "10.0.0.1"),
        ("network:router_gateway", subnets[0], "198.51.100.1"),
        ("network:router_centralized_snat", subnets[0], "10.0.0.9"),
        ("compute:nova", subnets[0], "10.0.0.8"),
    ):
        tenant.add(
            "port",
            device_id=router,
            device_owner=owner,
            fixed_ips=[{"subnet_id": subnet, "ip_address": address}],
        )
    return router, subnets


def test_interfaces_of_a_router() -> None:
    """Interfaces of all kinds of routers are carried, with the address if it is not the gateway."""
    tenant = Tenant()
    router, subnets = make_router(tenant)
    arguments, _ = tenant.describe("router", router)
    assert arguments["interfaces"] == [
        {"subnet": Reference("subnet", subnets[0])},
        {"subnet": Reference("subnet", subnets[1]), "ip_address": "10.0.0.77"},
    ]
    assert "external_network" not in arguments


def test_interfaces_in_subnets_of_others() -> None:
    """An interface in a subnet that is not carried is left out, and told."""
    tenant = Tenant()
    router, _ = make_router(tenant)
    assert len(tenant.describe("router", router)[1].omissions) == 2


@pytest.mark.parametrize("is_visible", [True, False])
def test_the_gateway_of_a_router(is_visible: bool) -> None:
    """The external network is chosen by name, by id where its name is not known."""
    tenant = Tenant()
    public = tenant.add("network", "public", **{"router:external": True}) if is_visible else "gone"
    router, _ = make_router(tenant, network_id=public, enable_snat=True)
    arguments, told = tenant.describe("router", router)
    name = "public" if is_visible else "gone"
    assert arguments["external_network"] == DestinationValue(
        "networks", public, name, f"source id {public}", name
    )
    (reason,) = told.notes
    assert "new public address" in reason


def make_port(
    tenant: Tenant, network: str, subnet: str, **attributes: Any
) -> tuple[dict[str, Any], Findings]:
    """Add a port with an address; return the arguments of its task and what is told."""
    port = tenant.add(
        "port",
        network_id=network,
        fixed_ips=[{"subnet_id": subnet, "ip_address": "10.0.0.7"}],
        **attributes,
    )
    return tenant.describe("port", port)


def test_a_port_on_an_own_network() -> None:
    """The owner of a network may choose addresses, and so they are kept."""
    tenant = Tenant()
    network = tenant.add("network")
    subnet = tenant.add("subnet", network_id=network)
    arguments, _ = make_port(tenant, network, subnet, mac_address="fa:16:3e:00:00:07")
    assert arguments["network"] == Reference("network", network)
    assert arguments["mac_address"] == "fa:16:3e:00:00:07"
    assert arguments["fixed_ips"] == [
        {"subnet": Reference("subnet", subnet), "ip_address": "10.0.0.7"}
    ]


@pytest.mark.parametrize("attribute", ["ipv6_address_mode", "ipv6_ra_mode"])
@pytest.mark.parametrize(
    ("mode", "is_automatic"),
    [("slaac", True), ("dhcpv6-stateless", True), ("dhcpv6-stateful", False), (None, False)],
)
def test_automatic_addresses(attribute: str, mode: str | None, is_automatic: bool) -> None:
    """Neutron makes these addresses itself and refuses a port that names one."""
    tenant = Tenant()
    network = tenant.add("network")
    modes: dict[str, Any] = {attribute: mode}
    subnet = tenant.add("subnet", network_id=network, ip_version=6, **modes)
    for address in make_port(tenant, network, subnet)[0]["fixed_ips"]:
        assert ("ip_address" not in address) is is_automatic


def test_a_port_on_the_network_of_another() -> None:
    """On somebody else's network only the groups can be chosen; what is lost is told."""
    tenant = Tenant()
    network = tenant.add("network", "shared", project_id=OTHER_PROJECT)
    group = tenant.add("security group")
    arguments, told = make_port(
        tenant,
        network,
        tenant.add("subnet", project_id=OTHER_PROJECT),
        port_security_enabled=False,
        allowed_address_pairs=[{"ip_address": "10.0.0.9"}],
        security_groups=[group],
    )
    assert set(arguments) == {"old_id", "name", "network", "security_groups"}
    assert isinstance(arguments["network"], DestinationValue)
    assert arguments["security_groups"] == [Reference("security group", group)]
    addresses, pairs, security = told.omissions
    assert "10.0.0.7" in addresses
    assert "fa:16:3e:00:00:01" in addresses
    assert "allowed_address_pairs" in pairs
    assert "port_security_enabled" in security


def test_a_port_without_groups() -> None:
    """No security group is said as an empty list, for left out it would mean the default group."""
    tenant = Tenant()
    network = tenant.add("network")
    arguments, _ = make_port(tenant, network, "x", port_security_enabled=False, security_groups=[])
    assert arguments["security_groups"] == []
    assert arguments["port_security_enabled"] is False


def test_the_name_in_dns_is_novas() -> None:
    """Nova sets a port's DNS name and refuses a port that has another one."""
    tenant = Tenant()
    arguments, _ = make_port(tenant, tenant.add("network"), "x", dns_name="web")
    assert "dns_name" not in arguments


def list_rules(tenant: Tenant, group: str) -> list[dict[str, Any]]:
    """Return the rules that a group's task has."""
    rules: list[dict[str, Any]] = tenant.describe("security group", group)[0]["completion"]["rules"]
    return rules


def test_zero_is_a_port() -> None:
    """ICMP type 0 is a value; all ports of a protocol are no values."""
    tenant = Tenant()
    group = tenant.add("security group")
    for low, high in ((0, 0), (None, None)):
        tenant.add(
            "security group rule",
            security_group_id=group,
            protocol="icmp",
            port_range_min=low,
            port_range_max=high,
        )
    rule = {"direction": "ingress", "ethertype": "IPv4", "protocol": "icmp"}
    assert sorted(list_rules(tenant, group), key=len) == [
        rule,
        {**rule, "port_range_min": 0, "port_range_max": 0},
    ]


def test_rules_that_cannot_be_carried() -> None:
    """Rules about foreign groups and address groups are left out, and each of them is told."""
    tenant = Tenant()
    group = tenant.add("security group", "web")
    foreign = tenant.add("security group", project_id=OTHER_PROJECT)
    for attributes in (
        {"remote_group_id": foreign},
        {"remote_group_id": "invisible"},
        {"remote_address_group_id": "x"},
        {"remote_group_id": group},
    ):
        tenant.add("security group rule", security_group_id=group, **attributes)
    assert list_rules(tenant, group) == [
        {
            "direction": "ingress",
            "ethertype": "IPv4",
            "remote_group_id": Reference("security group", group),
        }
    ]
    assert len(tenant.describe("security group", group)[1].omissions) == 3


def test_the_order_of_rules_does_not_depend_on_ids() -> None:
    """Two clouds with the same rules under other ids give the same list."""
    facts: list[dict[str, Any]] = [
        {"protocol": "tcp", "port_range_min": port} for port in (443, 80)
    ] + [
        {"protocol": "udp"},
        {"direction": "egress"},
    ]
    listed = []
    for ordered in (facts, facts[::-1]):
        tenant = Tenant()
        group = tenant.add("security group")
        for fact in ordered:
            tenant.add("security group rule", security_group_id=group, **fact)
        listed.append(list_rules(tenant, group))
    assert listed[0] == listed[1]


def test_the_default_group() -> None:
    """That the destination's own default group is used is told, and that its tags are not."""
    tenant = Tenant()
    group = tenant.add("security group", "default", tags=["x"])
    arguments, told = tenant.describe("security group", group)
    ((note,), (omission,)) = told.notes, told.omissions
    assert "own default group" in note
    assert "tags" in omission
    assert "tags" not in arguments


def test_stateless_groups() -> None:
    """A group without state is said to be one."""
    tenant = Tenant()
    group = tenant.add("security group", stateful=False)
    arguments, _ = tenant.describe("security group", group)
    assert arguments["stateful"] is False


def add_floating_ip(
    tenant: Tenant, owner: str = PROJECT, addresses: tuple[str, ...] = ("10.0.0.7",)
) -> str:
    """Add a floating IP of a server's port on a network of a project; return its id."""
    network = tenant.add("network", project_id=owner)
    subnet = tenant.add("subnet", network_id=network, project_id=owner)
    server = tenant.add_server("web", tenant.add("image"))
    port = tenant.add(
        "port",
        network_id=network,
        device_id=server,
        fixed_ips=[{"subnet_id": subnet, "ip_address": address} for address in addresses],
    )
    public = tenant.add("network", "public", project_id=OTHER_PROJECT, **{"router:external": True})
    return tenant.add(
        "floating ip", port_id=port, floating_network_id=public, fixed_ip_address="10.0.0.7"
    )


def test_a_floating_ip_comes_with_its_port() -> None:
    """It is for the very address of its port; the network is chosen, as the address may be."""
    tenant = Tenant()
    floating_ip = add_floating_ip(tenant)
    tenant.add("floating ip", floating_ip_address="198.51.100.8")
    (server,) = tenant.listings["compute.servers"]
    (port,) = tenant.listings["network.ports"]
    plan = tenant.plan(("server", server["id"]))
    (task,) = (item for item in plan.tasks if item.module == "floating_ip")
    assert task.arguments["port"] == Reference("port", port["id"])
    assert task.arguments["fixed_ip_address"] == "10.0.0.7"
    assert task.arguments["external_network"].label == "public"
    assert task.arguments["use"] == DestinationValue("floating_ips", floating_ip, "198.51.100.7")
    assert [item.reason for item in plan.findings if item.id == floating_ip] == [
        "the destination gives a new address, unless destination.yml names one"
    ]


@pytest.mark.parametrize(
    ("addresses", "is_told"), [(("10.0.0.7",), False), (("10.0.0.7", "10.0.0.8"), True)]
)
def test_a_floating_ip_where_addresses_are_not_kept(
    addresses: tuple[str, ...], is_told: bool
) -> None:
    """On the network of another the port gets another address; which of several, is lost."""
    tenant = Tenant()
    floating_ip = add_floating_ip(tenant, OTHER_PROJECT, addresses)
    members = [("port", tenant.listings["network.ports"][0]["id"]), ("floating ip", floating_ip)]
    plan = tenant.plan(*members)
    (task,) = (item for item in plan.tasks if item.module == "floating_ip")
    assert "fixed_ip_address" not in task.arguments
    told = [item.reason for item in plan.findings if "port's address 10.0.0.7" in item.reason]
    assert bool(told) is is_told


def test_a_floating_ip_is_lost_with_its_port() -> None:
    """Where the server cannot be carried, neither port nor floating IP is made, and both say so."""
    tenant = Tenant()
    floating_ip = add_floating_ip(tenant)
    (server,) = tenant.listings["compute.servers"]
    server["status"] = "ERROR"
    plan = tenant.plan(("server", server["id"]))
    assert {item.type for item in plan.resources}.isdisjoint({"server", "port", "floating ip"})
    told = {item.id: item.reason for item in plan.findings}
    assert told[floating_ip].startswith("is left out with its port")
