# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: destination
short_description: finds what destination.yml names
version_added: 1.0.0
author: The downpour authors
description:
  - Finds the objects of the destination that stand for what is not moved, each
    by its id or its exact name.
  - All entries that do not fit are reported together, with what the destination
    has instead.
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
  flavors:
    description: Flavors, each by id or exact name, under any key. Null stays
      null.
    type: dict
    default: {}
  networks:
    description: Networks, own ones, shared ones and external ones, each by id
      or exact name, under any key. Null stays null.
    type: dict
    default: {}
  images:
    description: Images, each by id or exact name, under any key. Null stays
      null.
    type: dict
    default: {}
  volume_types:
    description: Volume types, each by id or exact name, under any key. Null
      stays null.
    type: dict
    default: {}
  availability_zones:
    description: Names of availability zones of any service, under any key. Null
      stays null.
    type: dict
    default: {}
  floating_ips:
    description: Floating IPs, each by id or exact name, under any key. Null
      stays null.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Find what destination.yml names
  downpour.cloud.destination:
    flavors:
      m1_tiny: m1.tiny
    networks:
      public: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
  register: destination
"""

RETURN = r"""
flavors:
  description: The ids of the flavors under the keys of the argument.
  returned: success
  type: dict
  sample:
    m1_tiny: '42'
networks:
  description: The ids of the networks under the keys of the argument.
  returned: success
  type: dict
  sample:
    m1_tiny: '42'
images:
  description: The ids of the images under the keys of the argument.
  returned: success
  type: dict
  sample:
    m1_tiny: '42'
volume_types:
  description: The ids of the volume types under the keys of the argument.
  returned: success
  type: dict
  sample:
    m1_tiny: '42'
availability_zones:
  description: The names of the availability zones under the keys of the argument.
  returned: success
  type: dict
  sample:
    nova: nova
floating_ips:
  description: The ids of the floating IPs under the keys of the argument.
  returned: success
  type: dict
  sample:
    m1_tiny: '42'
"""
