# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: router
short_description: creates a router with its interfaces
version_added: 1.0.0
author: The downpour authors
description:
  - Creates a router, or uses the one that stands for the old id already.
  - A row of C(uuids.csv) for the old id is honoured, then an object with the
    marker C(downpour:<old id>); only if there is neither is the router created.
  - Interfaces and routes that are missing are added on each run, but only to
    a router that downpour made. None is ever removed.
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
    description: Id of the router in the source cloud. It is what identifies
      the router.
    type: str
    required: true
  name:
    description: Name of the router.
    type: str
    required: true
  description:
    description: Description of the router.
    type: str
  admin_state_up:
    description: Whether the router is up. Left out, it is.
    type: bool
  external_network:
    description: Id of the external network in the destination. Null means that
      there is none.
    type: str
  interfaces:
    description: The subnets that the router joins.
    type: list
    elements: dict
    default: []
    suboptions:
      subnet:
        description: Id of the subnet in the destination.
        type: str
        required: true
      ip_address:
        description: Address of the router in the subnet. Null means the subnet's
          gateway.
        type: str
  routes:
    description: Extra routes. They are set when the interfaces are there.
    type: list
    elements: dict
    default: []
    suboptions:
      destination:
        description: Range of addresses that the route is for.
        type: str
        required: true
      nexthop:
        description: Address of the next router.
        type: str
        required: true
  availability_zone_hints:
    description: Availability zones in which the router is to be served.
    type: list
    elements: str
  tags:
    description: Tags that the router has in the source. The marker is added
      to them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Create router edge
  downpour.cloud.router:
    old_id: 2a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "edge"
    external_network: "{{ destination.networks.public }}"
    interfaces:
      - subnet: "{{ subnet_web_v4.id }}"
  register: router_edge
"""

RETURN = r"""
id:
  description: Id of the router in the destination; in check mode C((new router
    <old id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the router in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
