"""The real bytes behind the sandbox's volumes, server disks and images, and their digests."""

import hashlib
from pathlib import Path

MIB = 1024 * 1024


def find_volume_file(state: Path, side: str, volume_id: str) -> Path:
    """The raw, sparse file that is a volume of the cloud ``side`` (``src`` or ``dst``)."""
    return state / side / "volumes" / f"volume-{volume_id}"


def find_root_disk_file(state: Path, side: str, server_id: str) -> Path:
    """The raw, sparse file that is the root disk of a server booted from an image."""
    return state / side / "instances" / server_id / "disk"


def make_pattern(label: str, size_bytes: int = MIB) -> bytes:
    """Bytes that look random, are the same every time, and differ between labels."""
    return hashlib.shake_256(label.encode()).digest(size_bytes)


def write_pattern(path: Path, label: str, offsets_mib: tuple[int, ...]) -> None:
    """Write one MiB of the label's pattern at each offset, as a guest would write to its disk."""
    with path.open("r+b") as disk:
        for offset_mib in offsets_mib:
            disk.seek(offset_mib * MIB)
            disk.write(make_pattern(f"{label} {offset_mib}"))


def compute_sha256(path: Path) -> str:
    """The SHA-256 of the whole disk, holes included, in hexadecimal."""
    with path.open("rb") as disk:
        return hashlib.file_digest(disk, "sha256").hexdigest()
