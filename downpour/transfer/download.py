"""Downloading an image: streamed, hashed on the way, whole or not there."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path

import keystoneauth1.exceptions
import openstack.exceptions
import requests.exceptions

from downpour.cloud import Cloud, translate_errors
from downpour.errors import DownpourError, MismatchError, Problem
from downpour.files import check_room, make_directory, put_in_place, translate_disk_errors
from downpour.resources.model import Attributes
from downpour.text import printable
from downpour.transfer.progress import Progress

BLOCK_BYTES = 1 << 20
_ATTEMPTS = 3
_BROKEN = (
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.Timeout,
    keystoneauth1.exceptions.ConnectFailure,
)
# The others have no digest of a length of their own.
_ALGORITHMS = hashlib.algorithms_guaranteed - {"shake_128", "shake_256"}


@dataclasses.dataclass(frozen=True)
class Download:
    """A file that was downloaded and found to be what the cloud says it is; digests in hex."""

    size_bytes: int
    sha256: str
    sha512: str


def download_image(
    cloud: Cloud, image: Attributes, path: Path, label: str, progress: Progress
) -> Download:
    """Download the bytes of ``image`` (its document, status ``active``) to ``path``.

    They go to ``path`` + ``.part`` and are renamed only if size and digest are those that the
    image service tells (``os_hash_value``, or the MD5 ``checksum`` of clouds older than 2018). A
    connection that breaks is tried again from the start. Raises :class:`MismatchError`,
    :class:`DiskFullError` or :class:`DownpourError`; nothing new is at ``path`` then.
    """
    part = path.with_name(path.name + ".part")
    with translate_disk_errors(f"{label} to {printable(path)}"):
        make_directory(path.parent)
        check_room(path.parent, int(image["size"] or 0), label)
        try:
            with translate_errors(label):
                digests = _stream_persistently(cloud, image, part, label, progress)
            download = _check_digests(image, part, digests, label)
            put_in_place(part, path)
        finally:
            part.unlink(missing_ok=True)
    return download


def _stream_persistently(
    cloud: Cloud, image: Attributes, part: Path, label: str, progress: Progress
) -> dict[str, str]:
    """Write the bytes to ``part``, from the start again where the connection breaks."""
    attempt = 1
    while True:
        try:
            return _stream_image(cloud, image, part, label, progress)
        except _BROKEN as error:
            if attempt == _ATTEMPTS:
                raise DownpourError(
                    Problem("broken", label, f"the connection broke {attempt} times: {error}")
                ) from error
        progress.say(f"{label}: the connection broke, starting again")
        attempt += 1


def _stream_image(
    cloud: Cloud, image: Attributes, part: Path, label: str, progress: Progress
) -> dict[str, str]:
    """Write the bytes to ``part`` and return their digests by algorithm."""
    algorithms = {"sha256", "sha512", _find_digest(image)[0]}
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    answer = cloud.connection.image.get(f"/images/{image['id']}/file", stream=True)
    openstack.exceptions.raise_from_response(answer)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with answer, os.fdopen(handle, "wb") as stream:
        with progress.transfer(label, image["size"]) as advance:
            for block in answer.iter_content(BLOCK_BYTES):
                stream.write(block)
                for digest in hashes.values():
                    digest.update(block)
                advance(len(block))
        stream.flush()
        os.fsync(stream.fileno())
    return {name: digest.hexdigest() for name, digest in hashes.items()}


def _find_digest(image: Attributes) -> tuple[str, str]:
    """Return the algorithm and the digest that the image service tells, ``""`` if it tells none."""
    algorithm, digest = image.get("os_hash_algo"), image.get("os_hash_value")
    if algorithm in _ALGORITHMS and digest:
        return str(algorithm), str(digest)
    return "md5", str(image.get("checksum") or "")


def _check_digests(image: Attributes, part: Path, digests: dict[str, str], label: str) -> Download:
    """Compare with what the image service tells."""
    size_bytes = part.stat().st_size
    algorithm, told = _find_digest(image)
    if image["size"] is not None and size_bytes != image["size"]:
        raise MismatchError(
            Problem("size", label, f"{size_bytes} bytes came, the image has {image['size']}")
        )
    if not told:
        raise MismatchError(
            Problem("no-digest", label, "the cloud tells no digest to compare with")
        )
    if digests[algorithm] != told:
        raise MismatchError(
            Problem(
                "digest",
                label,
                f"the bytes have {algorithm} {digests[algorithm]}, the cloud says {told}",
                "export again; if it stays so, the image is damaged in the source",
            )
        )
    return Download(size_bytes, digests["sha256"], digests["sha512"])
