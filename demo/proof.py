"""The proof: every disk's digest in the source cloud beside the one in the destination cloud."""

import csv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import disks


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
    source: Any, destination: Any, state: Path, new_ids: dict[tuple[str, str], str]
) -> list[Comparison]:
    """Compare every image, volume and server root disk of the source project with its copy.

    ``source`` and ``destination`` are connections of the two projects. The digests of images are
    those that Glance computed itself; volumes and root disks are read from the clouds' files.
    """
    comparisons = []
    files: list[tuple[str, str, Path, Path]] = []
    for image in source.image.images(visibility="private"):
        new_id = new_ids.get(("image", image.id))
        new_hash = destination.image.get_image(new_id).hash_value if new_id else ""
        comparisons.append(Comparison("image", image.name, image.hash_value, new_hash))
    for volume in source.block_storage.volumes():
        new_id = new_ids.get(("volume", volume.id), "-")
        old = disks.find_volume_file(state, "src", volume.id)
        new = disks.find_volume_file(state, "dst", new_id)
        files.append(("volume", volume.name, old, new))
    for server in source.compute.servers():
        new_id = new_ids.get(("server", server.id), "-")
        old = disks.find_root_disk_file(state, "src", server.id)
        new = disks.find_root_disk_file(state, "dst", new_id)
        if old.exists():
            files.append(("root disk", server.name, old, new))
    with ThreadPoolExecutor(max_workers=2) as pool:
        comparisons += pool.map(_compare_files, files)
    return sorted(comparisons, key=lambda comparison: (comparison.kind, comparison.name))


def _compare_files(disk: tuple[str, str, Path, Path]) -> Comparison:
    kind, name, old, new = disk
    new_sha256 = disks.compute_sha256(new) if new.is_file() else ""
    return Comparison(kind, name, disks.compute_sha256(old), new_sha256)


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
