"""Subnets; a gateway that is null means none, one that is left out means the first address."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    DESCRIPTION,
    TAGS,
    Argument,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.comparison import (
    is_same_range,
    is_same_set,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType

ROUTE = (
    Argument("destination", "Range of addresses that the route is for.", is_required=True),
    Argument("nexthop", "Address of the next router.", is_required=True),
)
SUBNET = ResourceType(
    name="subnet",
    service="network",
    path="/subnets",
    key="subnet",
    marker=NetworkTag("subnet"),
    arguments=(
        Argument(
            "network",
            "Id of the network in the destination.",
            wire="network_id",
            is_required=True,
            refers_to="network",
        ),
        DESCRIPTION,
        Argument("ip_version", "Version of IP.", "int", choices=(4, 6), is_required=True),
        Argument("cidr", "Range of addresses.", is_required=True, is_same=is_same_range),
        Argument(
            "gateway_ip",
            "Address of the gateway. Null means that there is none; left out, it is the first "
            "address.",
            is_null_kept=True,
            is_same=is_same_range,
        ),
        Argument(
            "enable_dhcp",
            "Whether addresses are given by DHCP. Left out, they are.",
            "bool",
            implied=True,
        ),
        Argument(
            "allocation_pools",
            "Ranges for automatic addresses. Left out, the whole subnet but the gateway.",
            "list",
            "dict",
            options=(
                Argument("start", "First address.", is_required=True),
                Argument("end", "Last address.", is_required=True),
            ),
            is_same=is_same_set,
        ),
        Argument(
            "dns_nameservers",
            "Addresses of the name servers, in the order in which machines ask them.",
            "list",
            "str",
            implied=[],
        ),
        Argument(
            "host_routes",
            "Routes that machines of the subnet learn.",
            "list",
            "dict",
            options=ROUTE,
            implied=[],
            is_same=is_same_set,
        ),
        Argument("ipv6_ra_mode", "How routers advertise an IPv6 subnet."),
        Argument("ipv6_address_mode", "How machines of an IPv6 subnet come by their addresses."),
        TAGS,
    ),
    example="""\
- name: Create subnet web-v4
  downpour.cloud.subnet:
    old_id: 1a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "web-v4"
    network: "{{ network_web.id }}"
    ip_version: 4
    cidr: 10.1.0.0/24
    gateway_ip:
    dns_nameservers:
      - 10.1.0.3
      - 10.1.0.2
  register: subnet_web_v4
""",
)
