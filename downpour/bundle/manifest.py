"""The manifest: what a bundle holds, for programs; and the checksums, for everybody."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from downpour import __version__
from downpour.bundle.layout import CHECKSUMS, DESTINATION, JOURNAL, MANIFEST
from downpour.collection import RECORD_FILE
from downpour.errors import DownpourError, Problem
from downpour.resources.model import DataFile, Finding, Resource
from downpour.text import printable

FORMAT = 1
_NEVER_CHECKED = frozenset({CHECKSUMS, DESTINATION, JOURNAL, RECORD_FILE})


@dataclasses.dataclass(frozen=True)
class ManifestEntry:
    """What a manifest tells of one resource: its attributes as read, and its bytes if it has any.

    ``variable`` is its name in the playbook.
    """

    resource: Resource
    attributes: Mapping[str, Any]
    variable: str
    data: DataFile | None


def build_manifest(
    entries: Iterable[ManifestEntry],
    findings: Iterable[Finding],
    source: Mapping[str, str],
    selection: list[Any],
    files: Mapping[str, Mapping[str, Any]],
) -> bytes:
    """Return the manifest; ``files`` gives size and digests of each file by path."""
    document = {
        "format": FORMAT,
        "downpour": __version__,
        "source": dict(source),
        "selection": selection,
        "resources": [_describe_entry(entry) for entry in entries],
        "findings": [
            {**dataclasses.asdict(finding), "severity": finding.severity.value}
            for finding in findings
        ],
        "files": [{"path": path, **files[path]} for path in sorted(files)],
    }
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode()


def _describe_entry(entry: ManifestEntry) -> dict[str, Any]:
    description: dict[str, Any] = {
        "type": entry.resource.type,
        "id": entry.resource.id,
        "name": entry.resource.name,
        "variable": entry.variable,
        "attributes": entry.attributes,
    }
    if entry.data is not None:
        description["data"] = dataclasses.asdict(entry.data)
    return description


def digest_content(content: bytes) -> dict[str, Any]:
    """Return size and digest of a small file as the manifest tells them."""
    return {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def build_checksums(files: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return the lines of ``SHA256SUMS`` for all files that nobody is meant to edit."""
    return "".join(
        f"{files[path]['sha256']}  {path}\n" for path in sorted(files) if path not in _NEVER_CHECKED
    ).encode()


def read_manifest(directory: Path) -> dict[str, Any] | None:
    """Return the manifest of a complete bundle, ``None`` where there is none.

    Raises :class:`DownpourError` for one that this version does not know.
    """
    path = directory / MANIFEST
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DownpourError(Problem("manifest", printable(path), "it is damaged")) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise DownpourError(
            Problem("manifest", printable(path), f"its format is not {FORMAT}", "update downpour")
        )
    return document
