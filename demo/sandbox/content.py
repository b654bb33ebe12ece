"""What a new cloud is filled with: catalog, users, projects, external network, flavors, types."""

from __future__ import annotations

from typing import Any

from .cloud import PROJECTS, Cloud
from .services import REGION

CATALOG = (
    ("glance", "image", ""),
    ("cinder", "block-storage", "/v3"),
    ("neutron", "network", ""),
    ("nova", "compute", "/v2.1"),
    ("placement", "placement", ""),
)
# Name, RAM in MiB, root disk in GiB.
FLAVORS = (("m1.tiny", 512, 1), ("m1.small", 2048, 2), ("m1.nodisk", 256, 0))
VOLUME_TYPES = ("file", "fast")
EXTERNAL_NETWORK = "public"
# RFC 2544: large enough for the addresses that any number of test runs leaves behind.
EXTERNAL_CIDR = "198.18.0.0/15"


def fill_identity(cloud: Cloud) -> None:
    """Create what the other services need to start: the catalog and their users.

    And the two projects, each with a user who has the role ``member`` there and none elsewhere.
    """
    # Not the connection that is kept: it would go on with a token that has no catalog.
    # Any: the SDK's type is that of version 2 or 3.
    identity: Any = cloud.connect(cloud.credentials[f"{cloud.name}-admin"]).identity
    passwords = cloud.settings.passwords
    for name, service_type, path in CATALOG:
        service = identity.create_service(name=name, type=service_type)
        for interface in ("public", "internal"):
            identity.create_endpoint(
                service_id=service.id,
                interface=interface,
                url=cloud.urls[name] + path,
                region_id=REGION,
            )
    roles = {role.name: role for role in identity.roles()}
    if "service" not in roles:
        roles["service"] = identity.create_role(name="service")
    service_project = identity.create_project(name="service", domain_id="default")
    for name, _type, _path in CATALOG:
        user = identity.create_user(
            name=name,
            password=passwords["service"],
            default_project_id=service_project.id,
            domain_id="default",
        )
        for role in ("admin", "service"):
            identity.assign_project_role_to_user(service_project, user, roles[role])
    for name in PROJECTS:
        project = identity.create_project(name=name, domain_id="default")
        user = identity.create_user(
            name=f"{name}-user", password=passwords[name], domain_id="default"
        )
        identity.assign_project_role_to_user(project, user, roles["member"])


def fill_resources(cloud: Cloud) -> None:
    """Create what an operator provides: external network, flavors, volume types."""
    connection = cloud.administrator
    network = connection.network.create_network(
        name=EXTERNAL_NETWORK,
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network="public",
    )
    connection.network.create_subnet(
        name=f"{EXTERNAL_NETWORK}-v4",
        network_id=network.id,
        ip_version=4,
        cidr=EXTERNAL_CIDR,
        is_dhcp_enabled=False,
    )
    for name, ram_mib, disk_gib in FLAVORS:
        connection.compute.create_flavor(name=name, vcpus=1, ram=ram_mib, disk=disk_gib)
    for name in VOLUME_TYPES:
        connection.block_storage.create_type(name=name)
