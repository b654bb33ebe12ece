# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: network
short_description: creates a network
version_added: 1.0.0
author: The downpour authors
description:
  - Creates a network, or uses the one that stands for the old id already.
  - A row of C(uuids.csv) for the old id is honoured, then an object with the
    marker C(downpour:<old id>); only if there is neither is the network created.
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
    description: Id of the network in the source cloud. It is what identifies
      the network.
    type: str
    required: true
  name:
    description: Name of the network.
    type: str
    required: true
  description:
    description: Description of the network.
    type: str
  admin_state_up:
    description: Whether the network is up. Left out, it is.
    type: bool
  mtu:
    description: Largest packet in bytes. Left out, the destination decides.
    type: int
  port_security_enabled:
    description: Whether new ports of the network check addresses and security
      groups. Left out, they do.
    type: bool
  dns_domain:
    description: DNS domain of the network, with a full stop at its end.
    type: str
  availability_zone_hints:
    description: Availability zones in which the network is to be served.
    type: list
    elements: str
  tags:
    description: Tags that the network has in the source. The marker is added
      to them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Create network web
  downpour.cloud.network:
    old_id: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "web"
    mtu: 1400
  register: network_web
"""

RETURN = r"""
id:
  description: Id of the network in the destination; in check mode C((new network
    <old id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the network in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
