# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: volume
short_description: creates a volume
version_added: 1.0.0
author: The downpour authors
description:
  - Creates a volume, or uses the one that stands for the old id already. It
    is not waited for.
  - A row of C(uuids.csv) for the old id is honoured, then an object with the
    marker C(downpour:<old id>); only if there is neither is the volume created.
  - With O(data) a temporary image is uploaded first, and the volume is created
    from it. M(downpour.cloud.volumes_ready) deletes that image when the volume
    is ready.
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
    description: Id of the volume in the source cloud. It is what identifies
      the volume.
    type: str
    required: true
  name:
    description: Name of the volume.
    type: str
    required: true
  description:
    description: Description of the volume.
    type: str
  size:
    description: Size in GiB.
    type: int
    required: true
  volume_type:
    description: Name or id of the volume type in the destination. Null means
      its default.
    type: str
  availability_zone:
    description: Availability zone in the destination. Null means its default.
    type: str
  metadata:
    description: Metadata of the volume. The marker is added to it.
    type: dict
    default: {}
  data:
    description: What is on the volume. Left out, it is empty.
    type: dict
    suboptions:
      file:
        description: File with the data, relative to the playbook.
        type: path
        required: true
      sha512:
        description: SHA-512 of the file in hexadecimal digits.
        type: str
        required: true
      disk_format:
        description: Format of the file.
        type: str
        required: true
      properties:
        description: Properties of the temporary image, which become the volume's
          image metadata.
        type: dict
        default: {}
"""

EXAMPLES = r"""
- name: Create volume data
  downpour.cloud.volume:
    old_id: 7a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "data"
    size: 10
    data:
      file: data/volume-7a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f.qcow2
      sha512: "1b0f… (128 digits)"
      disk_format: qcow2
  register: volume_data
"""

RETURN = r"""
id:
  description: Id of the volume in the destination; in check mode C((new volume
    <old id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the volume in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
