"""The proof: every disk's digest in the source cloud beside the one in the destination cloud."""

import csv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.sandbox.cloud import Cloud
from demo.sandbox.disks import Disk


@dataclass(frozen=True)
class Comparison:
    """One disk on both sides; ``new_sha256`` is empty when the import recorded no such object."""

    kind: str
    name: str
    old_sha256: str
    new_sha256: str

    @property
    def is_equal(self) -> bool:
        """Whether the disk arrived, with the same bytes."""
        return self.old_sha256 == self.new_sha256


def read_new_ids(path: Path) -> dict[tuple[str, str], str]:
    """Read ``uuids.csv`` into ``{(resource type, old id): new id}``."""
    with path.open(newline="", encoding="utf-8") as file:
        return {(row["Resource Type"], row["Old"]): row["New"] for row in csv.DictReader(file)}


def compare_disks(
    source: Cloud, destination: Cloud, new_ids: dict[tuple[str, str], str], connections: Any
) -> list[Comparison]:
    """Compare every image, volume and server root disk of the source project with its copy.

    ``connections`` are those to the two projects. The digests of images are those that Glance
    computed itself; volumes and root disks are read from the clouds' files.
    """
    source_connection, destination_connection = connections
    comparisons = []
    for image in source_connection.image.images(visibility="private"):
        new_id = new_ids.get(("image", image.id))
        new_hash = destination_connection.image.get_image(new_id).hash_value if new_id else ""
        comparisons.append(Comparison("image", image.name, image.hash_value, new_hash))
    objects = [
        *(("volume", volume) for volume in source_connection.block_storage.volumes()),
        *(("server", server) for server in source_connection.compute.servers()),
    ]
    files = []
    for kind, item in objects:
        old_file = find_disk_file(source, kind, item.id)
        new_file = find_disk_file(destination, kind, new_ids.get((kind, item.id), "none"))
        if kind == "volume" or old_file.exists():
            files.append((kind, item.name, old_file, new_file))
    with ThreadPoolExecutor(max_workers=2) as pool:
        comparisons += pool.map(_compare_files, files)
    return sorted(comparisons, key=lambda comparison: (comparison.kind, comparison.name))


def find_disk_file(cloud: Cloud, kind: str, object_id: str) -> Path:
    """The file of a volume, or of the root disk that a server has if it boots from an image."""
    name = f"volumes/volume-{object_id}" if kind == "volume" else f"instances/{object_id}/disk"
    return cloud.directory / name


def _compare_files(files: tuple[str, str, Path, Path]) -> Comparison:
    kind, name, old, new = files
    new_sha256 = Disk(new).sha256() if new.is_file() else ""
    return Comparison(kind, name, Disk(old).sha256(), new_sha256)


def format_table(comparisons: list[Comparison]) -> str:
    """The comparisons as lines of text, the first 16 digits of each digest."""
    lines = [f"{'disk':<38} {'source':<16}   {'destination':<16}"]
    for comparison in comparisons:
        lines.append(
            f"{comparison.kind + ' ' + comparison.name:<38} {comparison.old_sha256[:16]} "
            f"{'=' if comparison.is_equal else '≠'} {comparison.new_sha256[:16] or 'missing'}"
        )
    equal_count = sum(comparison.is_equal for comparison in comparisons)
    lines.append(f"{equal_count} of {len(comparisons)} disks are the same on both sides")
    return "\n".join(lines)
