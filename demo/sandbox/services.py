"""The services of one cloud: their names, ports and processes.  Standard library only."""

from typing import Final

HOST: Final = "127.0.0.1"

# Service name to its port's distance from the cloud's port base.
PORT_OFFSETS: Final = {
    "keystone": 0,
    "glance": 1,
    "cinder": 2,
    "neutron": 3,
    "nova": 4,
    "placement": 5,
}

# Placement answers from nova's process: it is the only one with a configuration of its own,
# all the others share oslo.config's global object and cannot share a process.
PROCESSES: Final = ("keystone", "glance", "cinder", "neutron", "nova")

# Users under which services call each other.
SERVICE_USERS: Final = ("glance", "cinder", "neutron", "nova", "placement")

REGION: Final = "RegionOne"


def list_urls(port_base: int) -> dict[str, str]:
    """Return the base URL of each service."""
    return {name: f"http://{HOST}:{port_base + offset}" for name, offset in PORT_OFFSETS.items()}
