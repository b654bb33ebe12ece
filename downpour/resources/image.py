"""Images; everything in an image's document that is not one of the API's own keys is a property."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from downpour.collection import DECLARATIONS
from downpour.resources.captures import Capture, Route
from downpour.resources.declaration import FileSection, ResourceType, Selector
from downpour.resources.model import (
    Attributes,
    DestinationValue,
    DocumentReader,
    Listing,
    Resource,
    SavedFile,
)
from downpour.resources.scope import Scope

# An image in three parts names the other two.
OTHER_IMAGES = {"kernel_id": "image", "ramdisk_id": "image"}
# What clouds and clients write into an image about itself: wrong or refused in another cloud.
_INTERNAL_PROPERTY = re.compile(
    r"""
    owner_id|user_id|owner_user_name|owner_project_name|owner_specified\..*|os_glance_.*|os_hash_.*
    |base_image_ref|instance_uuid|image_(type|state|location|id|name)|boot_roles|img_signature.*
    |signature_verified|cinder_encryption_key_.*|block_device_mapping|bdm_v2|root_device_name
    |mappings|downpour
    """,
    re.VERBOSE,
)
_PROPERTIES_OF_THE_SDK = frozenset(
    """
    architecture auto_disk_config hw_boot_menu hw_cpu_cores hw_cpu_policy hw_cpu_sockets
    hw_cpu_thread_policy hw_cpu_threads hw_disk_bus hw_machine_type hw_qemu_guest_agent hw_rng_model
    hw_scsi_model hw_serial_port_count hw_vif_model hw_vif_multiqueue_enabled hw_video_model
    hw_video_ram hw_watchdog_action hypervisor_type img_config_drive instance_type_rxtx_factor
    instance_uuid os_admin_user os_command_line os_distro os_require_quiesce
    os_secure_boot os_shutdown_timeout os_type os_version vm_mode vmware_adaptertype
    vmware_ostype
    """.split()
)


def select_properties(document: Attributes) -> dict[str, str]:
    """Return the properties of an image's document that mean something in another cloud."""
    known = {str(field.wire_name) for field in IMAGE.fields} | IMAGE.read_only | IMAGE.special
    return {
        name: str(value)
        for name, value in sorted(document.items())
        if (name in _PROPERTIES_OF_THE_SDK or name not in known)
        and value is not None
        and not _INTERNAL_PROPERTY.fullmatch(name)
    }


def refuse_image(image: Resource, scope: Scope) -> Iterator[str]:
    """Yield why an image cannot be downloaded."""
    if image["status"] != "active":
        yield f"cannot be carried: its status is {image['status']}"
    elif not image["size"]:
        yield (
            "cannot be carried: it has no bytes of its own "
            "(an image of a server that boots from a volume?); export that server"
        )


def describe_image(image: Resource, scope: Scope) -> dict[str, Any]:
    """Name the properties, the file and its digest, and what may be used instead."""
    properties: dict[str, Any] = {}
    for name, value in select_properties(image.attributes).items():
        if name not in OTHER_IMAGES:
            properties[name] = value
        elif value:
            key = (OTHER_IMAGES[name], value)
            reference = scope.refer(image, key, f"its {name}", "no such image is visible")
            if reference is not None:
                properties[name] = reference
    arguments: dict[str, Any] = {
        "properties": properties,
        "file": SavedFile(image.key, "path"),
        "sha512": SavedFile(image.key, "sha512"),
    }
    visibility = image["visibility"]
    if visibility == "public":
        scope.note(image, "it is public; in the destination it is made private to the project")
    elif visibility == "shared":
        if scope.inventory.is_owned(image):
            scope.note(image, "projects it may be shared with are not carried")
    else:
        arguments["visibility"] = visibility
    facts = f"{image['disk_format']}, {image['size']} bytes"
    arguments["use"] = DestinationValue("images", image.id, image.name, facts)
    return arguments


def capture_image(image: Resource, scope: Scope) -> Capture:
    """Download it."""
    return Capture(image, Route.DOWNLOAD, int(image["size"]), image.id)


def read_images(cloud: DocumentReader) -> Iterator[Attributes]:
    """Yield images as sent: the SDK would turn the property ``"false"`` into ``True``.

    Hidden ones are in a listing of their own.
    """
    for query in ({}, {"os_hidden": "true"}):
        parameters = {"limit": "500", **query}
        while True:
            document = cloud.read_document("image", "/images", parameters)
            yield from document["images"]
            if not document.get("next"):
                break
            following = parse_qs(urlsplit(document["next"]).query)
            parameters = {**parameters, "marker": following["marker"][0]}


IMAGE = ResourceType(
    declaration=DECLARATIONS["image"],
    sdk_class="openstack.image.v2.image:Image",
    listing=Listing("image.images", read_images),
    section=FileSection("images", (Selector("image-name", "images by name"),)),
    is_borrowable=True,
    links=OTHER_IMAGES,
    special=_PROPERTIES_OF_THE_SDK | {"properties", "visibility"},
    read_only=frozenset(
        """
        checksum created_at direct_url file id locations metadata os_hash_algo os_hash_value owner
        schema self size status store stores updated_at url virtual_size
        """.split()
    ),
    refuse=refuse_image,
    describe=describe_image,
    capture=capture_image,
    is_owned=lambda resource, project_id: resource["owner"] == project_id,
)
