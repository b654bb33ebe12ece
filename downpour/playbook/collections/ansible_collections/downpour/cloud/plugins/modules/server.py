# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: server
short_description: creates a server
version_added: 1.0.0
author: The downpour authors
description:
  - Creates a server, or uses the one that stands for the old id already. It
    is not waited for.
  - A row of C(uuids.csv) for the old id is honoured, then an object with the
    marker C(downpour:<old id>); only if there is neither is the server created.
  - The server gets the given ports and volumes in the given order, and nothing
    else, so no automatic network, no floating IP.
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
    description: Id of the server in the source cloud. It is what identifies
      the server.
    type: str
    required: true
  name:
    description: Name of the server.
    type: str
    required: true
  description:
    description: Description of the server.
    type: str
  flavor:
    description: Id of the flavor in the destination.
    type: str
    required: true
  image:
    description: Id of the image in the destination. Left out for a server that
      boots from a volume.
    type: str
  key_name:
    description: Name of the keypair in the destination.
    type: str
  ports:
    description: Ids of the ports in the destination, in the order of the network
      cards.
    type: list
    elements: str
    required: true
  volumes:
    description: The volumes, in the order of the devices.
    type: list
    elements: dict
    default: []
    suboptions:
      volume:
        description: Id of the volume in the destination.
        type: str
        required: true
      delete_on_termination:
        description: Whether the volume is deleted with the server.
        type: bool
        default: false
      boot_index:
        description: C(0) for the volume that the server boots from, left out
          for the others.
        type: int
  server_group:
    description: Id of the server group in the destination that it becomes a
      member of.
    type: str
  metadata:
    description: Metadata of the server. The values are text.
    type: dict
  tags:
    description: Tags that the server has in the source. The marker is added
      to them.
    type: list
    elements: str
    default: []
  availability_zone:
    description: Availability zone in the destination. Null means its default.
    type: str
  config_drive:
    description: Whether the server gets a drive with its metadata.
    type: bool
  user_data_file:
    description: File with the user data, relative to the playbook.
    type: path
  is_stopped:
    description: Whether M(downpour.cloud.servers_ready) is to stop the server
      when it has been built.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Create server web
  downpour.cloud.server:
    old_id: 8a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
    name: "web"
    flavor: "{{ destination.flavors.m1_tiny }}"
    image: "{{ image_cirros.id }}"
    key_name: "deploy"
    ports:
      - "{{ port_web.id }}"
    volumes:
      - volume: "{{ volume_data.id }}"
  register: server_web
"""

RETURN = r"""
id:
  description: Id of the server in the destination; in check mode C((new server
    <old id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the server in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
