# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: security_group
short_description: creates a security group without its rules
version_added: 1.0.0
author: The downpour authors
description:
  - Creates a security group, or uses the one that stands for the old id already.
  - A row of C(uuids.csv) for the old id is honoured, then an object with the
    marker C(downpour:<old id>); only if there is neither is the security group
    created.
  - For the name C(default) the project's own default group is used.
  - Its rules are made by M(downpour.cloud.security_group_rules), when all groups
    are there.
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
    description: Id of the security group in the source cloud. It is what identifies
      the security group.
    type: str
    required: true
  name:
    description: Name of the security group.
    type: str
    required: true
  description:
    description: Description of the security group.
    type: str
  stateful:
    description: Whether answers to permitted packets are permitted. Left out,
      they are.
    type: bool
  tags:
    description: Tags that the security group has in the source. The marker is
      added to them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Create security group web
  downpour.cloud.security_group:
    old_id: 4a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "web"
  register: security_group_web
"""

RETURN = r"""
id:
  description: Id of the security group in the destination; in check mode C((new
    security group <old id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the security group in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
