"""Downloading an image: streamed, hashed on the way, whole or not there."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
from pathlib import Path

import keystoneauth1.exceptions
import openstack.exceptions
import requests.exceptions

from downpour.cloud import Cloud, translate_errors
from downpour.errors import DownpourError, MismatchError, Problem
from downpour.files import make_directory, put_in_place
from downpour.resources.model import Attributes
from downpour.text import human_size, printable
from downpour.transfer.progress import Progress

BLOCK_BYTES = 1 << 20
_ATTEMPTS = 3


@dataclasses.dataclass(frozen=True)
class Download:
    """A file that was downloaded and found to be what the cloud says it is; digests in hex."""

    size_bytes: int
    sha256: str
    sha512: str


class DiskFullError(DownpourError):
    """There is no room for the bytes; no other transfer can succeed either."""


def download_image(
    cloud: Cloud, image: Attributes, path: Path, label: str, progress: Progress
) -> Download:
    """Download the bytes of ``image`` (its document, status ``active``) to ``path``.

    They go to ``path`` + ``.part`` and are renamed only if size and digest are those that the
    image service tells (``os_hash_value``, or the MD5 ``checksum`` of clouds older than 2018). A
    connection that breaks is tried again from the start. Raises :class:`MismatchError`,
    :class:`DiskFullError` or :class:`DownpourError`; nothing is left at ``path`` then.
    """
    make_directory(path.parent)
    part = path.with_name(path.name + ".part")
    _check_room(path, image, label)
    try:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                digests = _stream_image(cloud, image, part, label, progress)
                break
            except (
                requests.exceptions.ConnectionError,
                requests.exceptions.ChunkedEncodingError,
                requests.exceptions.Timeout,
                keystoneauth1.exceptions.ConnectFailure,
            ) as error:
                if attempt == _ATTEMPTS:
                    raise DownpourError(
                        Problem("broken", label, f"the connection broke {attempt} times: {error}")
                    ) from error
                progress.say(f"{label}: the connection broke, starting again")
        download = _check_digests(image, part, digests, label)
        put_in_place(part, path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                Problem(
                    "disk-full", f"{label} to {printable(path)}", "the disk is full", "make room"
                )
            ) from error
        raise DownpourError(
            Problem("unwritable", f"{label} to {printable(path)}", str(error.strerror))
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return download


def _check_room(path: Path, image: Attributes, label: str) -> None:
    room = os.statvfs(path.parent)
    free_bytes, needed_bytes = room.f_bavail * room.f_frsize, int(image["size"] or 0)
    if needed_bytes > free_bytes:
        raise DiskFullError(
            Problem(
                "disk-full",
                f"{label} to {printable(path)}",
                f"{human_size(needed_bytes)} are needed, {human_size(free_bytes)} are free",
                "make room",
            )
        )


def _stream_image(
    cloud: Cloud, image: Attributes, part: Path, label: str, progress: Progress
) -> dict[str, str]:
    """Write the bytes to ``part`` and return their digests by algorithm."""
    algorithms = {"sha256", "sha512", image.get("os_hash_algo") or "md5"}
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    with translate_errors(label):
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


def _check_digests(image: Attributes, part: Path, digests: dict[str, str], label: str) -> Download:
    """Compare with what the image service tells."""
    size_bytes = part.stat().st_size
    algorithm = image.get("os_hash_algo") or "md5"
    told = image.get("os_hash_value") or image.get("checksum")
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
