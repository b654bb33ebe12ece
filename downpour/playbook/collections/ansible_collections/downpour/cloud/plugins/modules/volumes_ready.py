# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: volumes_ready
short_description: waits for all volumes and finishes them
version_added: 1.0.0
author: The downpour authors
description:
  - Waits for all volumes together, with one listing per round.
  - Then makes the bootable flag, the image metadata and the readonly flag those
    of the source, and deletes the temporary images.
  - A volume that downpour did not make is neither waited for nor changed.
  - All volumes are finished before those that failed are reported.
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
  volumes:
    description: The volumes.
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
        description: Name of the volume.
        type: str
        required: true
      bootable:
        description: Whether servers may boot from the volume.
        type: bool
        default: false
      readonly:
        description: Whether the volume is attached for reading only.
        type: bool
        default: false
      image_metadata:
        description: Image metadata, exactly what the volume is to have. The
          values are text.
        type: dict
        default: {}
  timeout_minutes:
    description: How long to wait before those that are not ready count as failed.
    type: int
    default: 720
"""

EXAMPLES = r"""
- name: Wait for the volumes
  downpour.cloud.volumes_ready:
    volumes:
      - id: "{{ volume_data.id }}"
        old_id: 7a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
        name: "data"
"""

RETURN = r"""
changed:
  description: Whether anything was, or in check mode would be, changed.
  returned: always
  type: bool
  sample: false
"""
