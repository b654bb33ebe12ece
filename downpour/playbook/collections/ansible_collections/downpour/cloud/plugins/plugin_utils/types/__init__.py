"""All modules of the collection, in the order in which a playbook has them.

A type is declared in a module of its own here and has one line in the table below.
"""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.section import Section
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.destination import (
    declare_destination,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.floating_ip import (
    FLOATING_IP,
    FLOATING_IPS,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.image import IMAGE, IMAGES
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.keypair import KEYPAIR
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.network import NETWORK, NETWORKS
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.port import PORT
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.router import ROUTER
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.security_group import (
    SECURITY_GROUP,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.security_group_rules import (
    SECURITY_GROUP_RULES,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.server import (
    AVAILABILITY_ZONES,
    FLAVORS,
    SERVER,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.server_group import SERVER_GROUP
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.servers_ready import (
    SERVERS_READY,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.subnet import SUBNET
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.volume import (
    VOLUME,
    VOLUME_TYPES,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.volumes_ready import (
    VOLUMES_READY,
)

# The sections of destination.yml, in its order.
SECTIONS: tuple[Section, ...] = (
    FLAVORS,
    NETWORKS,
    IMAGES,
    VOLUME_TYPES,
    AVAILABILITY_ZONES,
    FLOATING_IPS,
)
DESTINATION = declare_destination(SECTIONS)

_IN_ORDER: tuple[Module, ...] = (
    DESTINATION,
    KEYPAIR,
    SECURITY_GROUP,
    SECURITY_GROUP_RULES,
    NETWORK,
    SUBNET,
    ROUTER,
    PORT,
    FLOATING_IP,
    IMAGE,
    VOLUME,
    VOLUMES_READY,
    SERVER_GROUP,
    SERVER,
    SERVERS_READY,
)
# By the module's name; and, by their names in uuids.csv, those that create.
MODULES: dict[str, Module] = {module.module_name: module for module in _IN_ORDER}
RESOURCE_TYPES: dict[str, ResourceType] = {
    module.name: module for module in _IN_ORDER if isinstance(module, ResourceType)
}
