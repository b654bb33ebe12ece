"""Asks a cloud and keeps what can be compared with another cloud's answers."""

from __future__ import annotations

import time
from typing import Any

import openstack.connection

Document = dict[str, Any]

NETWORK, IMAGE, VOLUME, COMPUTE = "network", "image", "block_storage", "compute"
# Nothing that anybody reads: database keys, and what depends on the operator's settings.
NOT_COMPARED = frozenset(
    "bdm_uuid boot_roles is_default owner_project_name owner_user_name standard_attr_id".split()
)
_PATIENCE_SECONDS = 60
_PAUSE_SECONDS = 0.05


class Observer:
    """Asks one cloud and notes by label what can be compared: statuses, keys, and some values."""

    def __init__(self, connection: openstack.connection.Connection) -> None:
        self.connection = connection
        self.seen: dict[str, Any] = {}
        self.keys: dict[str, set[str]] = {}

    def ask(
        self, label: str, service: str, method: str, path: str, version: str = "", **details: Any
    ) -> Any:
        """Send a request, note the status, and return the document."""
        proxy = getattr(self.connection, service)
        answer = proxy.request(path, method, microversion=version or None, **details)
        self.seen[label] = answer.status_code
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.json() if answer.content and is_json else {}

    def show(self, label: str, service: str, path: str, key: str, version: str = "") -> Document:
        """Read one object and note its keys."""
        answer = self.ask(label, service, "GET", path, version)
        document: Document = answer[key] if key else answer
        self.keys[label] = set(document) - NOT_COMPARED
        return document

    def create(self, label: str, service: str, path: str, key: str, **body: Any) -> Document:
        """Create an object, note status and (as they are read later) its keys, and return it."""
        answer = self.ask(label, service, "POST", path, json={key: body})
        document: Document = answer[key]
        return document

    def wait(
        self, service: str, path: str, key: str, status: str | None, *, name: str = "status"
    ) -> Document:
        """Return the object once it has the status."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            answer = getattr(self.connection, service).get(path).json()
            document: Document = answer[key] if key else answer
            if document[name] == status:
                return document
            assert time.monotonic() < end, document
            time.sleep(_PAUSE_SECONDS)

    def note(self, label: str, value: Any) -> None:
        """Note a value that must be the same."""
        self.seen[label] = value
