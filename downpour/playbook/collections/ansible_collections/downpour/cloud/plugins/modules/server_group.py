# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: server_group
short_description: creates a server group
version_added: 1.0.0
author: The downpour authors
description:
  - Creates a server group, or uses the one that stands for the old id already.
  - A server group has no place for a marker. It is born with its name for good.
    What there is before is noted instead.
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
    description: Id of the server group in the source cloud. It is what identifies
      the server group.
    type: str
    required: true
  name:
    description: Name of the server group.
    type: str
    required: true
  policy:
    description: Policy, such as C(affinity).
    type: str
    required: true
  rules:
    description: Rules of the policy.
    type: dict
"""

EXAMPLES = r"""
- name: Create a server group
  downpour.cloud.server_group:
    old_id: the old_id
    name: the name
    policy: the policy
"""

RETURN = r"""
id:
  description: Id of the server group in the destination; in check mode C((new
    server group <old id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the server group in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
