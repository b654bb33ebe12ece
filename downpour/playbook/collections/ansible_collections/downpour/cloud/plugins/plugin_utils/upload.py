"""Files on their way into the image service: read once, hashed while they are sent, verified."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json, quote_id

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud

BLOCK_SIZE_BYTES = 1024 * 1024
PATCH_TYPE = "application/openstack-images-v2.1-json-patch"
# Glance keeps these while it has no or not all of the data.
UNFINISHED_STATUSES = frozenset({"queued", "saving", "uploading", "importing", "killed"})


class HashingFile:
    """A file that the HTTP client reads: blocks of 1 MiB whatever it asks for, and a SHA-512."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._size_bytes = path.stat().st_size
        self._hash = hashlib.sha512()

    def __len__(self) -> int:
        """Return the size in bytes, from which the client makes Content-Length."""
        return self._size_bytes

    def read(self, _size_bytes: int = -1) -> bytes:
        """Return the next block, b"" at the end. The client asks for 16 KiB: far too little."""
        block = self._file.read(BLOCK_SIZE_BYTES)
        self._hash.update(block)
        return block

    def get_digest(self) -> str:
        """Return the SHA-512 of what was read so far, in hexadecimal digits."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def find_file(directory: Path, name: str) -> Path:
    """Return the path of a file of the bundle; raises TaskError if there is none."""
    path = directory / name
    try:
        if path.is_file():
            return path
        why = "is not there"
    except (OSError, ValueError) as error:
        why = str(error)
    raise TaskError(
        f"file {escape_controls(str(path))}",
        why,
        "Is the bundle complete? `sha256sum -c SHA256SUMS` tells.",
    )


def upload_file(cloud: Cloud, image_id: str, path: Path, sha512: str) -> Json:
    """Send the file into the image and return the image, active and verified.

    Compares the digest of what was read with the bundle's, and Glance's own digest with the file.
    If either differs the image is deleted and TaskError raised.
    """
    # A token that runs out on the way would make the client send the file again from its end.
    cloud.renew_token()
    address = f"/images/{quote_id(image_id)}"
    try:
        data = HashingFile(path)
    except OSError as error:
        raise TaskError(f"file {escape_controls(str(path))}", str(error.strerror)) from error
    try:
        headers = {"Content-Type": "application/octet-stream"}
        cloud.send("PUT", "image", f"{address}/file", data=data, headers=headers)
    finally:
        data.close()
    image = cloud.get("image", address)
    problem = _find_problem(image, path, data.get_digest(), sha512)
    if problem:
        cloud.delete("image", address)
        raise TaskError(
            "upload",
            f"{problem}; the image was deleted again",
            "Check the bundle with `sha256sum -c SHA256SUMS`, then run the playbook again.",
        )
    return image


def has_data_of(image: Json, path: Path, sha512: str) -> bool:
    """Whether an active image holds the file of that SHA-512, by Glance's own digest.

    Before Rocky (2018) there is none but the MD5 `checksum`.
    """
    algorithm, digest = image.get("os_hash_algo"), image.get("os_hash_value")
    if not algorithm or not digest:
        algorithm, digest = "md5", image.get("checksum")
    if not digest:
        return False
    return bool(digest == (sha512 if algorithm == "sha512" else hash_file(path, algorithm)))


def is_usable(image: Json, path: Path, sha512: str) -> bool:
    """Whether the upload of this image was completed, with the file of that SHA-512."""
    if image.get("status") in UNFINISHED_STATUSES:
        return False
    return has_data_of(image, path, sha512.lower())


def discard_unusable(cloud: Cloud, images: list[Json], path: Path, sha512: str) -> list[Json]:
    """Return the images that hold the file; delete those of an interrupted upload or other data."""
    usable: list[Json] = []
    for image in images:
        if is_usable(image, path, sha512):
            usable.append(image)
        else:
            cloud.delete("image", f"/images/{quote_id(image['id'])}")
    return usable


def hash_file(path: Path, algorithm: str) -> str:
    """Return the digest of the file in hexadecimal digits; raises TaskError."""
    try:
        # Compares bytes, protects nothing: MD5 serves where policies forbid it otherwise.
        digest = hashlib.new(algorithm, usedforsecurity=False)
        with path.open("rb") as file:
            while block := file.read(BLOCK_SIZE_BYTES):
                digest.update(block)
        return digest.hexdigest()
    except (OSError, ValueError) as error:
        raise TaskError(f"file {escape_controls(str(path))}", str(error)) from error


def replace_attributes(cloud: Cloud, image_id: str, attributes: dict[str, Any]) -> Json:
    """Change attributes of an image and return it; raises TaskError."""
    operations = [
        {"op": "replace", "path": f"/{name}", "value": value} for name, value in attributes.items()
    ]
    response = cloud.send(
        "PATCH",
        "image",
        f"/images/{quote_id(image_id)}",
        json=operations,
        headers={"Content-Type": PATCH_TYPE},
    )
    image: Json = response.json()
    return image


def _find_problem(image: Json, path: Path, read_digest: str, sha512: str) -> str:
    if read_digest != sha512.lower():
        return f"{escape_controls(path.name)} is not what the export wrote (its SHA-512 differs)"
    if image.get("status") != "active":
        return f"the image is {escape_controls(str(image.get('status')))} instead of active"
    if not has_data_of(image, path, sha512.lower()):
        return "the image service holds other bytes than the file has (its digest differs)"
    return ""
