"""The bytes of volumes and servers' disks: write a pattern on one side, compare on the other.

Every disk is a raw, sparse file of the cloud, so what a guest would write is written there.
"""

from __future__ import annotations

import errno
import hashlib
import os
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .cloud import Cloud
from .errors import SandboxError

BLOCK_BYTES = 1 << 20
ZEROS = bytes(BLOCK_BYTES)


@dataclass(frozen=True)
class Disk:
    """A raw disk in a file."""

    path: Path

    @property
    def size_bytes(self) -> int:
        """How large the disk is for its user."""
        return self.path.stat().st_size

    @property
    def allocated_bytes(self) -> int:
        """How much room it takes."""
        return self.path.stat().st_blocks * 512

    def read_bytes(self, offset_bytes: int, length_bytes: int) -> bytes:
        """Return a part of the disk."""
        with self.path.open("rb") as file:
            file.seek(offset_bytes)
            return file.read(length_bytes)

    def write_bytes(self, offset_bytes: int, data: bytes) -> None:
        """Write into the disk, which does not grow."""
        if offset_bytes + len(data) > self.size_bytes:
            raise ValueError(f"{offset_bytes} + {len(data)} bytes do not fit into {self.path}")
        with self.path.open("r+b") as file:
            file.seek(offset_bytes)
            file.write(data)

    def write_pattern(self, seed: str, pieces: int = 8, piece_bytes: int = 1 << 16) -> None:
        """Write pieces of random bytes here and there, from the first to the last byte.

        The same seed makes the same disk, if the size is the same; holes stay between the pieces.
        """
        with self.path.open("r+b") as file:
            for offset_bytes, data in make_pattern(seed, self.size_bytes, pieces, piece_bytes):
                file.seek(offset_bytes)
                file.write(data)

    def has_pattern(self, seed: str, pieces: int = 8, piece_bytes: int = 1 << 16) -> bool:
        """Tell whether the disk holds what ``write_pattern`` writes, whatever is in between."""
        return all(
            self.read_bytes(offset_bytes, len(data)) == data
            for offset_bytes, data in make_pattern(seed, self.size_bytes, pieces, piece_bytes)
        )

    def sha256(self) -> str:
        """Return the digest that ``sha256sum`` prints; holes are not read (1 GiB: 0.6 s)."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            for begin, end, is_hole in self._list_extents(file.fileno()):
                file.seek(begin)
                for offset in range(begin, end, BLOCK_BYTES):
                    length = min(BLOCK_BYTES, end - offset)
                    digest.update(memoryview(ZEROS)[:length] if is_hole else file.read(length))
        return digest.hexdigest()

    def discard(self) -> None:
        """Give all its room back; its size stays, its bytes are zeros."""
        size_bytes = self.size_bytes
        with self.path.open("r+b") as file:
            file.truncate(0)
            file.truncate(size_bytes)

    def _list_extents(self, descriptor: int) -> Iterator[tuple[int, int, bool]]:
        """Yield begin, end and whether it is a hole, of the whole file in order."""
        offset, end_of_file = 0, self.size_bytes
        while offset < end_of_file:
            try:
                data = os.lseek(descriptor, offset, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                data = end_of_file
            if data > offset:
                yield offset, data, True
            if data < end_of_file:
                hole = os.lseek(descriptor, data, os.SEEK_HOLE)
                yield data, hole, False
                offset = hole
            else:
                offset = end_of_file


def make_pattern(
    seed: str, size_bytes: int, pieces: int, piece_bytes: int
) -> Iterator[tuple[int, bytes]]:
    """Yield offsets and bytes of the pieces of a pattern, drawn from the seed.

    Each has an equal part of the disk to lie in; the first begins it, the last ends it.
    """
    part_bytes = size_bytes // pieces
    if part_bytes < piece_bytes:
        raise ValueError(f"{pieces} × {piece_bytes} bytes do not fit into {size_bytes}")
    # Not Python's hash of the text, which differs in each process.
    source = random.Random(hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest())
    for number in range(pieces):
        offset_bytes = number * part_bytes + source.randrange(part_bytes - piece_bytes + 1)
        if number == 0:
            offset_bytes = 0
        if number == pieces - 1:
            offset_bytes = size_bytes - piece_bytes
        yield offset_bytes, source.randbytes(piece_bytes)


def check_id(text: str) -> str:
    """Return an id as it stands in file names; ``ValueError`` if it is none."""
    return str(uuid.UUID(text))


def open_disk(path: Path, what: str) -> Disk:
    """Return a disk that must be there."""
    if not path.exists():
        raise SandboxError(f"{what} has no disk: {path} does not exist")
    return Disk(path)


def open_volume(cloud: Cloud, volume_id: str) -> Disk:
    """Return a volume's bytes."""
    path = cloud.directory / "volumes" / f"volume-{check_id(volume_id)}"
    return open_disk(path, f"the volume {volume_id}")


def open_root_disk(cloud: Cloud, server_id: str) -> Disk:
    """Return the bytes of a server's root disk, be it a volume or its own."""
    directory = cloud.directory / "instances" / check_id(server_id)
    own = directory / "disk"
    return open_disk(own if own.exists() else directory / "vda", f"the server {server_id}")


def list_attached(cloud: Cloud, server_id: str) -> dict[str, Disk]:
    """Return the volumes that a server has, by device name (``vdb``)."""
    directory = cloud.directory / "instances" / check_id(server_id)
    return {path.name: Disk(path.readlink()) for path in sorted(directory.glob("vd?"))}


def open_image(cloud: Cloud, image_id: str) -> Disk:
    """Return the file of an image, which need not be a raw disk."""
    return open_disk(cloud.directory / "images" / check_id(image_id), f"the image {image_id}")
