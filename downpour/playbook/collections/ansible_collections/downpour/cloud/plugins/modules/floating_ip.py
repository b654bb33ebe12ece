# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: floating_ip
short_description: creates a floating ip
version_added: 1.0.0
author: The downpour authors
description:
  - Creates a floating ip, or uses the one that stands for the old id already.
  - A row of C(uuids.csv) for the old id is honoured, then an object with the
    marker C(downpour:<old id>); only if there is neither is the floating ip
    created.
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
    description: Id of the floating ip in the source cloud. It is what identifies
      the floating ip.
    type: str
    required: true
  name:
    description: What the floating ip is called in messages and in C(uuids.csv).
    type: str
    required: true
  external_network:
    description: Id of the external network in the destination.
    type: str
    required: true
  port:
    description: Id of the port it belongs to.
    type: str
  fixed_ip_address:
    description: Which of the port's addresses it is for.
    type: str
  description:
    description: Description of the floating ip.
    type: str
  tags:
    description: Tags that the floating ip has in the source. The marker is added
      to them.
    type: list
    elements: str
    default: []
  use:
    description: Id of a floating ip in the destination that is to be used instead.
      Null means to make one.
    type: str
"""

EXAMPLES = r"""
- name: Create a floating ip
  downpour.cloud.floating_ip:
    old_id: the old_id
    name: the name
    external_network: the external_network
"""

RETURN = r"""
id:
  description: Id of the floating ip in the destination; in check mode C((new
    floating ip <old id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the floating ip in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
