# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
module: keypair
short_description: imports a public key
version_added: 1.0.0
author: The downpour authors
description:
  - Imports a public key, or uses the one that stands for the old name already.
  - A keypair has no place for a marker. One of the same name and key is taken
    for the same; one of the same name and another key is a failure.
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
    description: Id of the keypair in the source cloud. It is what identifies
      the keypair.
    type: str
    required: true
  name:
    description: Name of the keypair.
    type: str
    required: true
  public_key_file:
    description: File with the public key, relative to the playbook.
    type: path
    required: true
  key_type:
    description: Kind of key. Left out, it is C(ssh).
    type: str
    choices:
      - ssh
      - x509
"""

EXAMPLES = r"""
- name: Import keypair deploy
  downpour.cloud.keypair:
    old_id: "deploy"
    name: "deploy"
    public_key_file: files/keypair-deploy.pub
"""

RETURN = r"""
id:
  description: Id of the keypair in the destination; in check mode C((new keypair
    <old id>)) if there is none yet.
  returned: success
  type: str
  sample: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
old_id:
  description: Id of the keypair in the source cloud, as it was given.
  returned: success
  type: str
  sample: 0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
"""
