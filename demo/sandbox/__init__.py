"""Two complete OpenStack clouds on one machine, for the demo and the integration tests.

Keystone, Glance, Cinder, Neutron, Placement and Nova are the real services from the Python
package index, in a virtual environment of their own; no root, no broker, no database server.
Volumes, images and root disks are plain sparse files, so a test can write bytes into a disk on
one side and look for them on the other.

``python -m demo.sandbox up`` starts them.  Two kinds of code live here:

* modules of this package run in the caller's Python (standard library, PyYAML, openstacksdk);
* ``driver`` runs in the services' Python and may import nova, cinder and neutron.  It shares
  only ``services`` and ``processes`` with the rest, which need nothing but the standard library.
"""
