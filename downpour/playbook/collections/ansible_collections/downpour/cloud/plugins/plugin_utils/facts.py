"""Facts that the collection shares with what writes and reads its bundles; each stands here only.

This module imports nothing, so that anything may import it.
"""

from __future__ import annotations

# The marker of an object is this and the id in the source. The collection's own tags begin so too.
MARKER_PREFIX = "downpour:"
# Where a service has metadata instead of tags, the id in the source stands under this key.
MARKER_KEY = "downpour"
# On a server that is to be stopped once, and no longer than until then.
STOP_TAG = MARKER_PREFIX + "stop"

RECORD_FILE = "uuids.csv"
# What there was before objects that cannot be marked were made.
PENDING_FILE = "uuids.pending"
RECORD_COLUMNS = ("Resource Type", "Resource Name", "Old", "New")

# The security group that every project has, and that nobody can create.
DEFAULT_GROUP = "default"
# neutron_lib.constants: a router's ports in tenant networks, plain, distributed and with HA; not
# the port of its gateway.
INTERFACE_OWNERS = frozenset(
    {
        "network:ha_router_replicated_interface",
        "network:router_interface",
        "network:router_interface_distributed",
    }
)
# What makes neutron choose the address of a port by its MAC, and take no other. Source: neutron,
# common/ipv6_utils.py, is_auto_address_subnet.
AUTOMATIC_ADDRESS_MODES = frozenset({"slaac", "dhcpv6-stateless"})
# Cinder shows these beside a volume's own metadata.
INTERNAL_VOLUME_METADATA = frozenset({"attached_mode", "readonly", MARKER_KEY})
