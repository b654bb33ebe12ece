# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: servers_ready
short_description: waits for all servers and stops some of them
version_added: 1.0.0
author: The downpour authors
description:
  - Waits for all servers together, with one listing per round.
  - Then stops those that were stopped in the source; each only once, so that
    a server which somebody started later keeps running.
  - A server that downpour did not make is neither waited for nor changed.
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
  servers:
    description: The servers.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Id in the destination.
        type: str
        required: true
      old_id:
        description: Id in the source.
        type: str
        required: true
      name:
        description: Name of the server.
        type: str
        required: true
      is_stopped:
        description: Whether the server is to be stopped.
        type: bool
        default: false
  timeout_minutes:
    description: How long to wait before those that are not ready count as failed.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Wait for the servers
  downpour.cloud.servers_ready:
    servers:
      - id: "{{ server_web.id }}"
        old_id: 8a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
        name: "web"
        is_stopped: true
"""

RETURN = r"""
changed:
  description: Whether anything was, or in check mode would be, changed.
  returned: always
  type: bool
  sample: false
"""
