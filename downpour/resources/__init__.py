"""The resource types: one module each, all of them in one table.

The order is the order of creation: a type comes after those it refers to.
"""

from downpour.resources.declaration import ResourceType, Selector
from downpour.resources.floating_ip import FLOATING_IP
from downpour.resources.image import IMAGE
from downpour.resources.keypair import KEYPAIR
from downpour.resources.network import NETWORK
from downpour.resources.port import PORT
from downpour.resources.router import ROUTER
from downpour.resources.security_group import SECURITY_GROUP, SECURITY_GROUP_RULE
from downpour.resources.server import SERVER
from downpour.resources.server_group import SERVER_GROUP
from downpour.resources.subnet import SUBNET
from downpour.resources.volume import VOLUME

RESOURCE_TYPES: dict[str, ResourceType] = {
    "keypair": KEYPAIR,
    "security group": SECURITY_GROUP,
    "security group rule": SECURITY_GROUP_RULE,
    "network": NETWORK,
    "subnet": SUBNET,
    "router": ROUTER,
    "port": PORT,
    "floating ip": FLOATING_IP,
    "image": IMAGE,
    "volume": VOLUME,
    "server group": SERVER_GROUP,
    "server": SERVER,
}

# Those that a resource file can name, in the order of its sections.
NAMED_TYPES = (SERVER, KEYPAIR, IMAGE, VOLUME)

# The type and the selector of each option of ``downpour query``.
SELECTORS: dict[str, tuple[ResourceType, Selector]] = {
    selector.option: (resource_type, selector)
    for resource_type in NAMED_TYPES
    if resource_type.section
    for selector in resource_type.section.selectors
}
