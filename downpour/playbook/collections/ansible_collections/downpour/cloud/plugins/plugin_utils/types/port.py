"""Ports; they are not attached to anything here."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    ADMIN_STATE_UP,
    DESCRIPTION,
    TAGS,
    Argument,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.comparison import (
    is_same_set,
    is_same_set_of_parts,
    is_same_word,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType

PORT = ResourceType(
    name="port",
    service="network",
    path="/ports",
    key="port",
    marker=NetworkTag("port", extension="tag-ports-during-bulk-creation"),
    arguments=(
        Argument(
            "network",
            "Id of the network in the destination.",
            wire="network_id",
            is_required=True,
            refers_to="network",
        ),
        DESCRIPTION,
        ADMIN_STATE_UP,
        Argument(
            "fixed_ips",
            "Addresses of the port. Left out, the destination chooses; an empty list means none.",
            "list",
            "dict",
            options=(
                Argument(
                    "subnet",
                    "Id of the subnet in the destination.",
                    wire="subnet_id",
                    refers_to="subnet",
                ),
                Argument(
                    "ip_address",
                    "The address. Left out, the destination chooses one of the subnet.",
                ),
            ),
            is_same=is_same_set_of_parts,
        ),
        Argument(
            "mac_address",
            "Hardware address. Only the owner of the network may choose it.",
            is_same=is_same_word,
        ),
        Argument(
            "security_groups",
            "Ids of the security groups in the destination. Left out, the project's default "
            "group; an empty list means none.",
            "list",
            "str",
            refers_to="security group",
            is_same=is_same_set,
        ),
        Argument(
            "allowed_address_pairs",
            "Further addresses that the port may use.",
            "list",
            "dict",
            options=(
                Argument("ip_address", "Address or range.", is_required=True),
                Argument("mac_address", "Hardware address. Left out, the port's own."),
            ),
            implied=[],
            is_same=is_same_set_of_parts,
        ),
        Argument(
            "port_security_enabled",
            "Whether the port checks addresses and security groups. Left out, as the network says.",
            "bool",
            implied=True,
        ),
        Argument(
            "extra_dhcp_opts",
            "Further options of DHCP.",
            "list",
            "dict",
            options=(
                Argument("opt_name", "Name of the option.", is_required=True),
                Argument("opt_value", "Value of the option."),
                Argument("ip_version", "Version of IP.", "int", choices=(4, 6)),
            ),
            implied=[],
            is_same=is_same_set_of_parts,
        ),
        Argument("dns_name", "Name of the port in DNS."),
        Argument(
            "vnic_type",
            "Kind of network card (C(binding:vnic_type)).",
            wire="binding:vnic_type",
            implied="normal",
        ),
        TAGS,
    ),
    example="""\
- name: Create port of server web
  downpour.cloud.port:
    old_id: 3a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: ""
    network: "{{ network_web.id }}"
    fixed_ips:
      - subnet: "{{ subnet_web_v4.id }}"
        ip_address: 10.1.0.17
    security_groups:
      - "{{ security_group_web.id }}"
  register: port_web
""",
)
