"""Names for resources in the playbook: readable, safe as identifiers, the same in every export."""

from __future__ import annotations

import collections
import hashlib
import re
from collections.abc import Iterable

_LONGEST = 40


def choose_names(prefix: str, labelled: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a unique identifier for each ``(id, label)``, by id.

    It is ``prefix`` and what can be kept of the label; where that is nothing or not unique, a part
    of the id (or of its digest where an id is no plain text) is added.
    """
    slugs = {identifier: _make_slug(label) for identifier, label in labelled}
    counts = collections.Counter(slugs.values())
    names: dict[str, str] = {}
    for length in (8, 64):
        names = {
            identifier: _join(
                prefix, slug, "" if slug and counts[slug] == 1 else _shorten(identifier, length)
            )
            for identifier, slug in slugs.items()
        }
        if len(set(names.values())) == len(names):
            break
    return names


def _make_slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", label.lower())[:_LONGEST].strip("_")


def _shorten(identifier: str, length: int) -> str:
    plain = identifier.replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{32}", plain):
        plain = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()
    return plain[:length]


def _join(*parts: str) -> str:
    return "_".join(part for part in parts if part)
