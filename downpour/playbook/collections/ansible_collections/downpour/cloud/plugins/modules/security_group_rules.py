# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: security_group_rules
short_description: makes the rules of a security group exactly the given ones
version_added: 1.0.0
author: The downpour authors
description:
  - Creates the rules that are missing, fifty in a request, and deletes the others.
  - A group that downpour did not make is left as it is, except the project's
    C(default) group. Other rules of that one stay while ports that were not
    imported use it.
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
  security_group:
    description: Id of the security group in the destination.
    type: str
    required: true
  rules:
    description: All rules of the group.
    type: list
    elements: dict
    required: true
    suboptions:
      direction:
        description: Direction of the packets.
        type: str
        choices:
          - ingress
          - egress
        required: true
      ethertype:
        description: Version of IP.
        type: str
        choices:
          - IPv4
          - IPv6
        default: IPv4
      protocol:
        description: Name or number of the protocol. Null means all.
        type: str
      port_range_min:
        description: First port, or type of ICMP.
        type: int
      port_range_max:
        description: Last port, or code of ICMP.
        type: int
      remote_ip_prefix:
        description: Range of the other side's addresses.
        type: str
      remote_group_id:
        description: Id of the other side's security group in the destination.
        type: str
      remote_address_group_id:
        description: Id of the other side's address group in the destination.
        type: str
      description:
        description: Description of the rule.
        type: str
"""

EXAMPLES = r"""
- name: Make the rules of security group web
  downpour.cloud.security_group_rules:
    old_id: 4a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "web"
    security_group: "{{ security_group_web.id }}"
    rules:
      - direction: ingress
        protocol: tcp
        port_range_min: 443
        port_range_max: 443
        remote_ip_prefix: 0.0.0.0/0
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
