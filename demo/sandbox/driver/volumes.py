"""A Cinder driver: one sparse raw file for each volume or snapshot, no privileges needed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from cinder import interface
from cinder.image import image_utils
from cinder.volume import configuration, driver, volume_utils
from oslo_config import cfg

OPTIONS = [cfg.StrOpt("file_volumes_dir", help="Where the files are.")]
cfg.CONF.register_opts(OPTIONS, group=configuration.SHARED_CONF_GROUP)


def copy_file(source: Path, target: Path, size_gib: int) -> None:
    """Copy a disk, leaving holes where it has zeros, and give it a size."""
    subprocess.run(["cp", "--reflink=auto", "--sparse=always", source, target], check=True)
    set_size(target, size_gib)


def set_size(path: Path, size_gib: int) -> None:
    """Make a file at least as long as its volume is."""
    if path.stat().st_size < size_gib << 30:
        with path.open("r+b") as file:
            file.truncate(size_gib << 30)


@interface.volumedriver
class FileDriver(driver.VolumeDriver):
    """Volumes as files named ``volume-<id>``, snapshots ``snapshot-<id>``."""

    VERSION = "1.0.0"
    CI_WIKI_NAME = "none"

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.configuration.append_config_values(OPTIONS)

    @staticmethod
    def get_driver_options() -> list[Any]:
        """Return the driver's own options."""
        return OPTIONS

    def do_setup(self, _context: Any) -> None:
        """Make the directory."""
        self._directory = Path(self.configuration.file_volumes_dir)
        self._directory.mkdir(exist_ok=True)

    def check_for_setup_error(self) -> None:
        """Nothing can be wrong: ``do_setup`` would have failed."""

    def _path(self, item: Any) -> Path:
        return Path(self._directory, item.name)

    def _update_volume_stats(self) -> None:
        free_gib = shutil.disk_usage(self._directory).free >> 30
        self._stats = {
            "volume_backend_name": self.configuration.volume_backend_name,
            "vendor_name": "downpour",
            "driver_version": self.VERSION,
            "storage_protocol": "local",
            "total_capacity_gb": free_gib,
            "free_capacity_gb": free_gib,
            "reserved_percentage": 0,
            "max_over_subscription_ratio": 1000.0,
            "thin_provisioning_support": True,
            "thick_provisioning_support": False,
            "provisioned_capacity_gb": 0,
            "multiattach": True,
            "QoS_support": False,
        }

    def create_volume(self, volume: Any) -> None:
        """Create an empty volume."""
        path = self._path(volume)
        path.touch()
        set_size(path, volume.size)

    def delete_volume(self, volume: Any) -> None:
        """Delete a volume's file if it is there."""
        self._path(volume).unlink(missing_ok=True)

    def create_snapshot(self, snapshot: Any) -> None:
        """Copy a volume, in use or not, to a snapshot."""
        copy_file(self._path(snapshot.volume), self._path(snapshot), snapshot.volume_size)

    def delete_snapshot(self, snapshot: Any) -> None:
        """Delete a snapshot's file if it is there."""
        self._path(snapshot).unlink(missing_ok=True)

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """Copy a snapshot to a new volume, which may be larger."""
        copy_file(self._path(snapshot), self._path(volume), volume.size)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        """Copy a volume to a new one, which may be larger."""
        copy_file(self._path(src_vref), self._path(volume), volume.size)

    def revert_to_snapshot(self, _context: Any, volume: Any, snapshot: Any) -> None:
        """Copy a snapshot over its volume."""
        copy_file(self._path(snapshot), self._path(volume), volume.size)

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Make a volume larger."""
        set_size(self._path(volume), new_size)

    def copy_image_to_volume(
        self,
        context: Any,
        volume: Any,
        image_service: Any,
        image_id: str,
        disable_sparse: bool = False,
    ) -> None:
        """Fill a volume with an image of any format."""
        path = self._path(volume)
        image_utils.fetch_to_raw(
            context, image_service, image_id, str(path), "1M", size=volume.size, run_as_root=False
        )
        set_size(path, volume.size)

    def copy_volume_to_image(
        self, context: Any, volume: Any, image_service: Any, image_meta: Any
    ) -> None:
        """Upload a volume in the format that the image is to have."""
        volume_utils.upload_volume(
            context, image_service, image_meta, str(self._path(volume)), volume, run_as_root=False
        )

    def ensure_export(self, _context: Any, _volume: Any) -> None:
        """Files need no export."""

    def create_export(self, _context: Any, _volume: Any, _connector: Any) -> None:
        """Files need no export."""

    def remove_export(self, _context: Any, volume: Any) -> None:
        """Give a restored volume its size again: cinder-backup opens the file with mode "wb"."""
        set_size(self._path(volume), volume.size)

    def initialize_connection(self, volume: Any, _connector: Any) -> dict[str, Any]:
        """Return what os-brick's connector for local files wants."""
        return {
            "driver_volume_type": "local",
            "data": {"device_path": str(self._path(volume))},
        }

    def terminate_connection(self, _volume: Any, _connector: Any, **_options: Any) -> None:
        """Files need no disconnection."""
