# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: port
short_description: creates a port
version_added: 1.0.0
author: The downpour authors
description:
  - Creates a port, or uses the one that stands for the old id already.
  - A row of C(uuids.csv) for the old id is honoured, then an object with the
    marker C(downpour:<old id>); only if there is neither is the port created.
attributes:
  check_mode:
    description: Reports what would change and changes nothing.
    support: full
requirements:
  - openstacksdk >= 4.2 in the Python that runs ansible-playbook
options:
  cloud:
    description: Name of the cloud in C(clouds.yaml). Null or left out, the environment
      decides (E(OS_CLOUD) or the other C(OS_*) variables), as openstacksdk does
      it.
    type: str
  old_id:
    description: Id of the port in the source cloud. It is what identifies the
      port.
    type: str
    required: true
  name:
    description: Name of the port.
    type: str
    required: true
  network:
    description: Id of the network in the destination.
    type: str
    required: true
  description:
    description: Description of the port.
    type: str
  admin_state_up:
    description: Whether the port is up. Left out, it is.
    type: bool
  fixed_ips:
    description: Addresses of the port. Left out, the destination chooses; an
      empty list means none.
    type: list
    elements: dict
    suboptions:
      subnet:
        description: Id of the subnet in the destination.
        type: str
      ip_address:
        description: The address. Left out, the destination chooses one of the
          subnet.
        type: str
  mac_address:
    description: Hardware address. Only the owner of the network may choose it.
    type: str
  security_groups:
    description: Ids of the security groups in the destination. Left out, the
      project's default group; an empty list means none.
    type: list
    elements: str
  allowed_address_pairs:
    description: Further addresses that the port may use.
    type: list
    elements: dict
    suboptions:
      ip_address:
        description: Address or range.
        type: str
        required: true
      mac_address:
        description: Hardware address. Left out, the port's own.
        type: str
  port_security_enabled:
    description: Whether the port checks addresses and security groups. Left
      out, as the network says.
    type: bool
  extra_dhcp_opts:
    description: Further options of DHCP.
    type: list
    elements: dict
    suboptions:
      opt_name:
        description: Name of the option.
        type: str
        required: true
      opt_value:
        description: Value of the option.
        type: str
      ip_version:
        description: Version of IP.
        type: int
        choices:
          - 4
          - 6
  dns_name:
    description: Name of the port in DNS.
    type: str
  vnic_type:
    description: Kind of network card (C(binding:vnic_type)).
    type: str
  tags:
    description: Tags that the port has in the source. The marker is added to
      them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
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
"""

RETURN = r"""
id:
  description: Id of the port in the destination; in check mode C((new port <old
    id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the port in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
