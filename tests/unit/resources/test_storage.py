"""Images and volumes: which properties mean something in another cloud."""

from __future__ import annotations

from typing import Any

import pytest

from downpour.resources.image import select_properties
from downpour.resources.model import DestinationValue, Options, Reference, SavedFile
from tests.unit.tenant import OTHER_PROJECT, Tenant


@pytest.mark.parametrize(
    "name",
    """
    hw_disk_bus hw_machine_type hw_firmware_type os_distro architecture owner_of_the_team my:own
    downpour_like =x image_typo mappings2 os_type img_config_drive traits
    """.split(),
)
def test_properties_that_are_carried(name: str) -> None:
    """What decides how an image boots, and what people wrote themselves, is carried."""
    assert select_properties({name: "x"}) == {name: "x"}


@pytest.mark.parametrize(
    "name",
    """
    owner_specified.openstack.md5 owner_id user_id base_image_ref instance_uuid image_type
    image_state image_location boot_roles img_signature img_signature_hash_method
    cinder_encryption_key_id block_device_mapping bdm_v2 root_device_name os_glance_import_task
    os_hash_value os_hash_algo direct_url locations stores checksum self schema file status
    created_at updated_at size virtual_size downpour visibility owner name disk_format tags
    """.split(),
)
def test_properties_that_are_not(name: str) -> None:
    """What a cloud or a client wrote about itself, and the API's own keys, are no properties."""
    assert select_properties({name: "x"}) == {}


def test_values_of_properties() -> None:
    """Every property is text, also the false and the empty one; null is none."""
    assert select_properties({"a": False, "b": "", "c": None, "d": 0}) == {
        "a": "False",
        "b": "",
        "d": "0",
    }


def build_image(tenant: Tenant, image: str) -> dict[str, Any]:
    """Return the arguments of an image's task in a bundle of that image."""
    return tenant.describe("image", image)[0]


def test_kernel_and_ramdisk_are_the_new_ones() -> None:
    """The ids of the other two parts are those of the destination."""
    tenant = Tenant()
    kernel = tenant.add("image", "kernel")
    image = tenant.add("image", "three", kernel_id=kernel, ramdisk_id="gone", os_distro="x")
    assert build_image(tenant, image)["properties"] == {
        "kernel_id": Reference("image", kernel),
        "os_distro": "x",
    }
    assert tenant.describe("image", image)[1].omissions == [
        "its ramdisk_id is left out: no such image is visible"
    ]


@pytest.mark.parametrize(
    ("visibility", "argument"),
    [("private", "private"), ("community", "community"), ("public", None), ("shared", None)],
)
def test_visibility(visibility: str, argument: str | None) -> None:
    """A tenant may not publish images; what it may is kept."""
    tenant = Tenant()
    assert (
        build_image(tenant, tenant.add("image", visibility=visibility)).get("visibility")
        == argument
    )


def test_what_is_told_of_shared_images() -> None:
    """That members of a shared image are not carried is news to its owner only."""
    tenant = Tenant()
    own = tenant.add("image", visibility="shared")
    other = tenant.add("image", visibility="shared", owner=OTHER_PROJECT)
    assert [len(tenant.describe("image", image)[1].notes) for image in (own, other)] == [1, 0]


def build_volume(**attributes: Any) -> dict[str, Any]:
    """Return the arguments of a volume's task without its data."""
    tenant = Tenant()
    volume = tenant.add("volume", **attributes)
    return tenant.describe("volume", volume, Options(is_state_saved=False))[0]


def test_metadata_of_a_volume() -> None:
    """The user's metadata is carried without what cinder and downpour put beside it."""
    metadata = {"purpose": "x", "readonly": "True", "attached_mode": "rw", "downpour": "old"}
    assert build_volume(metadata=metadata)["metadata"] == {"purpose": "x"}
    assert "metadata" not in build_volume(metadata={"readonly": "False"})


@pytest.mark.parametrize(("kind", "proposal"), [("fast", "fast"), ("__DEFAULT__", None)])
def test_volume_types(kind: str, proposal: str | None) -> None:
    """The type is chosen at the destination; its default type is its own."""
    assert build_volume(volume_type=kind)["volume_type"] == DestinationValue(
        "volume_types", kind, kind, proposal=proposal
    )


def test_volumes_with_and_without_data() -> None:
    """A volume with its state has a file with a digest and the properties of its image."""
    tenant = Tenant()
    volume = tenant.add("volume", volume_image_metadata={"hw_disk_bus": "scsi"})
    key = ("volume", volume)
    assert tenant.describe(*key)[0]["data"] == {
        "file": SavedFile(key, "path"),
        "sha512": SavedFile(key, "sha512"),
        "disk_format": SavedFile(key, "disk_format"),
        "properties": {"hw_disk_bus": "scsi"},
    }
    assert "data" not in build_volume()


def test_settings_of_a_volume() -> None:
    """What decides whether a server boots is set again, facts of the first image are not."""
    tenant = Tenant()
    volume = tenant.add(
        "volume",
        "root",
        bootable=True,
        metadata={"readonly": "True"},
        volume_image_metadata={
            "hw_firmware_type": "uefi",
            "image_id": "x",
            "image_name": "x",
            "checksum": "x",
            "size": "1",
            "min_disk": "0",
            "min_ram": "0",
            "disk_format": "raw",
            "container_format": "bare",
            "kernel_id": "x",
        },
    )
    (task,) = (
        item for item in tenant.plan(("volume", volume)).tasks if "volumes" in item.arguments
    )
    (settings,) = task.arguments["volumes"]
    assert settings == {
        "id": Reference("volume", volume),
        "old_id": volume,
        "name": "root",
        "bootable": True,
        "readonly": True,
        "image_metadata": {"hw_firmware_type": "uefi"},
    }


def test_multiattach_is_told() -> None:
    """Whether a volume can be attached more than once depends on the type at the destination."""
    tenant = Tenant()
    _, told = tenant.describe("volume", tenant.add("volume", multiattach=True))
    assert len(told.notes) == 1
