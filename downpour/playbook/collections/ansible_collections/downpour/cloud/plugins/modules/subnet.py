# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: subnet
short_description: creates a subnet
version_added: 1.0.0
author: The downpour authors
description:
  - Creates a subnet, or uses the one that stands for the old id already.
  - A row of C(uuids.csv) for the old id is honoured, then an object with the
    marker C(downpour:<old id>); only if there is neither is the subnet created.
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
    description: Id of the subnet in the source cloud. It is what identifies
      the subnet.
    type: str
    required: true
  name:
    description: Name of the subnet.
    type: str
    required: true
  network:
    description: Id of the network in the destination.
    type: str
    required: true
  description:
    description: Description of the subnet.
    type: str
  ip_version:
    description: Version of IP.
    type: int
    choices:
      - 4
      - 6
    required: true
  cidr:
    description: Range of addresses.
    type: str
    required: true
  gateway_ip:
    description: Address of the gateway. Null means that there is none; left
      out, it is the first address.
    type: str
  enable_dhcp:
    description: Whether addresses are given by DHCP. Left out, they are.
    type: bool
  allocation_pools:
    description: Ranges for automatic addresses. Left out, the whole subnet but
      the gateway.
    type: list
    elements: dict
    suboptions:
      start:
        description: First address.
        type: str
        required: true
      end:
        description: Last address.
        type: str
        required: true
  dns_nameservers:
    description: Addresses of the name servers, in the order in which machines
      ask them.
    type: list
    elements: str
  host_routes:
    description: Routes that machines of the subnet learn.
    type: list
    elements: dict
    suboptions:
      destination:
        description: Range of addresses that the route is for.
        type: str
        required: true
      nexthop:
        description: Address of the next router.
        type: str
        required: true
  ipv6_ra_mode:
    description: How routers advertise an IPv6 subnet.
    type: str
  ipv6_address_mode:
    description: How machines of an IPv6 subnet come by their addresses.
    type: str
  tags:
    description: Tags that the subnet has in the source. The marker is added
      to them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
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
"""

RETURN = r"""
id:
  description: Id of the subnet in the destination; in check mode C((new subnet
    <old id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the subnet in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
