"""Images; everything in an image's document that is not one of the API's own keys is a property."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from downpour.resources.inventory import Inventory
from downpour.resources.model import (
    Attributes,
    Carried,
    Field,
    Finding,
    Key,
    Reference,
    Resource,
    ResourceType,
    note,
    omission,
)

_OTHER_IMAGES = ("kernel_id", "ramdisk_id")
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
    instance_uuid kernel_id os_admin_user os_command_line os_distro os_require_quiesce
    os_secure_boot os_shutdown_timeout os_type os_version ramdisk_id vm_mode vmware_adaptertype
    vmware_ostype
    """.split()
)


def select_properties(document: Attributes) -> dict[str, str]:
    """Return the properties of an image's document that mean something in another cloud."""
    known = {field.name for field in IMAGE.fields} | IMAGE.read_only | IMAGE.special
    return {
        name: str(value)
        for name, value in sorted(document.items())
        if (name in _PROPERTIES_OF_THE_SDK or name not in known)
        and value is not None
        and not _INTERNAL_PROPERTY.fullmatch(name)
    }


def bring_other_images(image: Resource, inventory: Inventory) -> Iterator[Key]:
    """Yield the kernel and the ramdisk of an image that has them apart."""
    for name in _OTHER_IMAGES:
        if image[name]:
            yield ("image", image[name])


def find_image(image: Resource, inventory: Inventory) -> Iterator[Finding]:
    """Tell what of an image stays behind."""
    if image["visibility"] == "public":
        yield note(image, "it is public; in the destination it is made private to the project")
    if image["visibility"] == "shared" and inventory.is_owned(image):
        yield note(image, "projects it may be shared with are not carried")
    for name in _OTHER_IMAGES:
        if image[name] and inventory.get(("image", image[name])) is None:
            yield omission(image, f"its {name} is left out: no such image is visible")


def link_other_images(properties: Mapping[str, str], carried: Carried) -> dict[str, Any]:
    """Return ``properties`` with kernel and ramdisk as references to what the bundle creates."""
    linked: dict[str, Any] = dict(properties)
    for name in _OTHER_IMAGES:
        if name in linked:
            if carried.holds("image", linked[name]):
                linked[name] = Reference("image", linked[name])
            else:
                del linked[name]
    return linked


def extend_image(image: Resource, carried: Carried) -> dict[str, Any]:
    """Name the file, its digest and the properties."""
    data = carried.data_for(image)
    arguments: dict[str, Any] = {
        "properties": link_other_images(select_properties(image.attributes), carried)
    }
    if data is not None:
        arguments |= {"file": data.path, "sha512": data.sha512}
    if image["visibility"] not in ("public", "shared"):
        arguments["visibility"] = image["visibility"]
    return arguments


IMAGE = ResourceType(
    name="image",
    sdk_class="openstack.image.v2.image:Image",
    listing="image.images",
    module="image",
    task_file="images",
    fields=(
        Field("name"),
        Field("disk_format"),
        Field("container_format"),
        Field("min_disk", default=0),
        Field("min_ram", default=0),
        Field("os_hidden", default=False),
        Field("protected", default=False),
        Field("tags", default=[]),
    ),
    special=_PROPERTIES_OF_THE_SDK | {"properties", "visibility"},
    read_only=frozenset(
        """
        checksum created_at direct_url file id locations metadata os_hash_algo os_hash_value owner
        schema self size status store stores updated_at url virtual_size
        """.split()
    ),
    volatile=frozenset({"updated_at"}),
    bring=bring_other_images,
    find=find_image,
    extend_arguments=extend_image,
    is_owned=lambda resource, project_id: resource["owner"] == project_id,
)
