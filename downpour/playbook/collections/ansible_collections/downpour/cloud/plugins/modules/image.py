# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: image
short_description: uploads an image
version_added: 1.0.0
author: The downpour authors
description:
  - Uploads an image, or uses the one that stands for the old id already.
  - A row of C(uuids.csv) for the old id is honoured, then an object with the
    marker C(downpour:<old id>); only if there is neither is the image created.
  - What was read and what the image service holds are compared with the digest;
    if either differs, the image is deleted and the task fails. An interrupted
    upload is started again.
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
    description: Id of the image in the source cloud. It is what identifies the
      image.
    type: str
    required: true
  name:
    description: Name of the image.
    type: str
    required: true
  file:
    description: File with the image, relative to the playbook.
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
  container_format:
    description: Format of the envelope, mostly C(bare).
    type: str
    required: true
  min_disk:
    description: Size in GiB of the smallest disk that the image fits on.
    type: int
  min_ram:
    description: Smallest memory in MiB that the image needs.
    type: int
  visibility:
    description: Who sees the image. Left out, its owner and those that it is
      shared with.
    type: str
    choices:
      - private
      - shared
      - community
  os_hidden:
    description: Whether the image is left out of listings.
    type: bool
  protected:
    description: Whether the image is protected against deletion. This is set
      last.
    type: bool
    default: false
  properties:
    description: Further properties, such as the kind of disk bus. Their values
      are text.
    type: dict
    default: {}
  tags:
    description: Tags that the image has in the source. The marker is added to
      them.
    type: list
    elements: str
    default: []
  use:
    description: Id of a image in the destination that is to be used instead.
      Null means to make one.
    type: str
  recorded:
    description: Whether C(uuids.csv) gets a row. It does not for a server's
      root disk, which has no id of its own.
    type: bool
    default: true
  owner:
    description: What the old id is the id of.
    type: str
    choices:
      - image
      - server
    default: image
"""

EXAMPLES = r"""
- name: Upload image cirros
  downpour.cloud.image:
    old_id: 6a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "cirros"
    file: data/image-6a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f.qcow2
    sha512: "1b0f… (128 digits)"
    disk_format: qcow2
    container_format: bare
    properties:
      hw_disk_bus: virtio
  register: image_cirros
"""

RETURN = r"""
id:
  description: Id of the image in the destination; in check mode C((new image
    <old id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the image in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
