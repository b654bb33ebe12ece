"""Networks."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    ADMIN_STATE_UP,
    DESCRIPTION,
    TAGS,
    Argument,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.comparison import is_same_set
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.section import Listing, Section

NETWORKS = Section(
    name="networks",
    prefix="network",
    label="network",
    comment="Networks that are not carried: external ones, and those of other projects",
    description="Networks, own ones, shared ones and external ones",
    listings=(Listing("network", "/networks", "networks", {"fields": ["id", "name"]}),),
)
NETWORK = ResourceType(
    name="network",
    service="network",
    path="/networks",
    key="network",
    marker=NetworkTag("network"),
    arguments=(
        DESCRIPTION,
        ADMIN_STATE_UP,
        Argument("mtu", "Largest packet in bytes. Left out, the destination decides.", "int"),
        Argument(
            "port_security_enabled",
            "Whether new ports of the network check addresses and security groups. Left out, they "
            "do.",
            "bool",
            implied=True,
        ),
        Argument(
            "dns_domain", "DNS domain of the network, with a full stop at its end.", implied=""
        ),
        Argument(
            "availability_zone_hints",
            "Availability zones in which the network is to be served.",
            "list",
            "str",
            is_same=is_same_set,
        ),
        TAGS,
    ),
    example="""\
- name: Create network web
  downpour.cloud.network:
    old_id: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "web"
    mtu: 1400
  register: network_web
""",
)
