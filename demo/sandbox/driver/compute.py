"""A Nova driver: ``nova.virt.fake`` with real bytes in the servers' disks.

``instances_path/<id>/disk`` is the raw root disk of a server that was booted from an image,
``instances_path/<id>/<vdb...>`` a symbolic link to the file of an attached volume.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import nova.conf
from nova import exception
from nova.compute import power_state, task_states
from nova.image import glance
from nova.virt import fake, images, node

CONF = nova.conf.CONF


class FileDriver(fake.FakeDriver):
    """Servers that keep their disks and their state in files."""

    capabilities: ClassVar[dict[str, bool]] = {
        **fake.FakeDriver.capabilities,
        "supports_image_type_qcow2": True,
    }
    # Enough for every server that any number of test runs leaves behind.
    vcpus, memory_mb, local_gb = 100_000, 1 << 30, 1 << 24

    def __init__(self, virtapi: Any, read_only: bool = False):
        super().__init__(virtapi, read_only)
        self.image_api = glance.API()

    # What survives a restart of the process.

    def init_host(self, host: str) -> None:
        """Read the servers that are there already."""
        super().init_host(host)
        for path in Path(CONF.instances_path).glob("*/state.json"):
            try:
                state = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            server_id = path.parent.name
            self.instances[server_id] = fake.FakeInstance(state["name"], state["state"], server_id)

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        """Return the host's resources, under the node id that is kept in a file."""
        available: dict[str, Any] = super().get_available_resource(nodename)
        available["uuid"] = node.get_local_node_uuid()
        return available

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        """Return the one node; ``nova.virt.fake`` draws a new id at each start."""
        return {node.get_local_node_uuid(): name for name in self.get_available_nodes()}

    def _path(self, server_id: str, *names: str) -> Path:
        return Path(CONF.instances_path, server_id, *names)

    def _save_state(self, server_id: str) -> None:
        server = self.instances[server_id]
        text = json.dumps({"name": server.name, "state": server.state})
        self._path(server_id, "state.json").write_text(text, encoding="utf-8")

    def _set_state(self, instance: Any, state: int) -> None:
        self.instances[instance.uuid].state = state
        self._save_state(instance.uuid)

    # Life cycle.

    def default_root_device_name(self, _instance: Any, _image_meta: Any, _root_bdm: Any) -> str:
        """Name the root disk as libvirt with virtio does."""
        return "/dev/vda"

    def spawn(
        self,
        context: Any,
        instance: Any,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        network_info: Any = None,
        block_device_info: Any = None,
        power_on: bool = True,
        accel_info: Any = None,
    ) -> None:
        """Create a server: fetch its root disk, link its volumes."""
        self._path(instance.uuid).mkdir(parents=True, exist_ok=True)
        block_devices = block_device_info or {}
        volumes = block_devices.get("block_device_mapping") or []
        for volume in volumes:
            self._link_volume(instance, volume["mount_device"], volume["connection_info"])
        disk = self._path(instance.uuid, "disk")
        root = block_devices.get("root_device_name")
        is_volume_backed = root in [volume["mount_device"] for volume in volumes]
        if instance.image_ref and not is_volume_backed and not disk.exists():
            part = disk.with_name("disk.part")
            images.fetch_to_raw(context, instance.image_ref, str(part))
            size_bytes = instance.flavor.root_gb << 30
            if size_bytes > part.stat().st_size:
                with part.open("r+b") as file:
                    file.truncate(size_bytes)
            part.replace(disk)
        super().spawn(
            context,
            instance,
            image_meta,
            injected_files,
            admin_password,
            allocations,
            network_info,
            block_device_info,
            power_on,
            accel_info,
        )
        self._save_state(instance.uuid)

    def power_off(self, instance: Any, timeout: int = 0, retry_interval: int = 0) -> None:
        """Stop a server."""
        super().power_off(instance, timeout, retry_interval)
        self._save_state(instance.uuid)

    def power_on(
        self, context: Any, instance: Any, network_info: Any, *arguments: Any, **options: Any
    ) -> None:
        """Start a server."""
        super().power_on(context, instance, network_info, *arguments, **options)
        self._save_state(instance.uuid)

    def pause(self, instance: Any) -> None:
        """Pause a server."""
        self._set_state(instance, power_state.PAUSED)

    def unpause(self, instance: Any) -> None:
        """Let a paused server go on."""
        self._set_state(instance, power_state.RUNNING)

    def suspend(self, _context: Any, instance: Any) -> None:
        """Suspend a server."""
        self._set_state(instance, power_state.SUSPENDED)

    def resume(self, _context: Any, instance: Any, *_arguments: Any, **_options: Any) -> None:
        """Let a suspended server go on."""
        self._set_state(instance, power_state.RUNNING)

    def destroy(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        destroy_disks: bool = True,
        destroy_secrets: bool = True,
    ) -> None:
        """Delete a server and its root disk."""
        super().destroy(
            context, instance, network_info, block_device_info, destroy_disks, destroy_secrets
        )
        if destroy_disks:
            shutil.rmtree(self._path(instance.uuid), ignore_errors=True)

    # Bytes.

    def snapshot(self, context: Any, instance: Any, image_id: str, update_task_state: Any) -> None:
        """Upload a server's root disk as it is now."""
        disk = self._path(instance.uuid, "disk")
        if not disk.exists():
            raise exception.InstanceNotRunning(instance_id=instance.uuid)
        image = self.image_api.get(context, image_id)
        disk_format = CONF.libvirt.snapshot_image_format or "qcow2"
        update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)
        copy = self._path(instance.uuid, f"snapshot-{image_id}")
        try:
            subprocess.run(
                ["qemu-img", "convert", "-f", "raw", "-O", disk_format, disk, copy], check=True
            )
            update_task_state(
                task_state=task_states.IMAGE_UPLOADING,
                expected_state=task_states.IMAGE_PENDING_UPLOAD,
            )
            properties = dict(
                image.get("properties") or {},
                image_location="snapshot",
                image_state="available",
                kernel_id=instance.kernel_id,
                ramdisk_id=instance.ramdisk_id,
                owner_id=instance.project_id,
            )
            metadata = {
                "status": "active",
                "disk_format": disk_format,
                "container_format": "bare",
                "name": image["name"],
                "properties": properties,
            }
            with copy.open("rb") as file:
                self.image_api.update(context, image_id, metadata, file, purge_props=False)
        finally:
            copy.unlink(missing_ok=True)

    # Volumes.

    def _link_volume(self, instance: Any, mountpoint: str, connection_info: Any) -> None:
        target = ((connection_info or {}).get("data") or {}).get("device_path")
        link = self._path(instance.uuid, Path(mountpoint).name)
        link.unlink(missing_ok=True)
        if target:
            link.symlink_to(target)

    def attach_volume(
        self,
        context: Any,
        connection_info: Any,
        instance: Any,
        mountpoint: str,
        *arguments: Any,
        **options: Any,
    ) -> None:
        """Link an attached volume's file into the server's directory."""
        super().attach_volume(context, connection_info, instance, mountpoint, *arguments, **options)
        self._link_volume(instance, mountpoint, connection_info)

    def detach_volume(
        self,
        context: Any,
        connection_info: Any,
        instance: Any,
        mountpoint: str,
        encryption: Any = None,
    ) -> None:
        """Remove a detached volume's link."""
        super().detach_volume(context, connection_info, instance, mountpoint, encryption)
        self._link_volume(instance, mountpoint, None)
