"""What goes over the wire: documents, queries and paths. Needs neither Ansible nor the SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]
Query = Mapping[str, str | list[str]]


def quote_id(text: str) -> str:
    """Return the id as one segment of a path, whatever it holds."""
    if text in {"", ".", ".."}:
        # Clients remove dot segments even when they are quoted: name an object that cannot exist.
        return "-"
    return quote(text, safe="")
