"""A cloud that notes what it is asked and answers what a test prepared, without a socket."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud
from ansible_collections.downpour.cloud.plugins.plugin_utils.listings import Listings

PROJECT = "11111111111111111111111111111111"
Answer = dict[str, Any] | Exception | Callable[[dict[str, Any]], dict[str, Any]]


class Recorder(Cloud):
    """Answers by method and path; an answer may be made of the request's body, or be raised."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        super().__init__(None)
        self.answers = answers
        # Method and path, then the body that was sent (the query of what only reads).
        self.sent: list[tuple[str, Any]] = []
        self.prepared_services: list[str] = []

    def get_project_id(self) -> str:
        """Return the project without a login."""
        return PROJECT

    def log_in(self, services: Any) -> None:
        """Note the services that are logged in to."""
        self.prepared_services.extend(services)

    def send(self, method: str, service: str, path: str, **details: Any) -> Any:
        """Note the request and answer it."""
        what = f"{method} {path}"
        body = details.get("json") if method != "GET" else details.get("params")
        self.sent.append((what, body))
        answer = self.answers[what]
        if isinstance(answer, Exception):
            raise answer
        given = answer(body or {}) if callable(answer) else answer
        return SimpleNamespace(content=b"{}", json=lambda: given)

    def list_writes(self) -> list[tuple[str, Any]]:
        """Return the requests that were to change something."""
        return [(what, body) for what, body in self.sent if not what.startswith("GET ")]


class PreparedListings(Listings):
    """Listings that a test wrote, by their key."""

    def __init__(self, **listings: list[dict[str, Any]]) -> None:
        super().__init__(Recorder({}))
        self.listings = listings

    def read(self, service: str, path: str, key: str) -> list[dict[str, Any]]:
        """Return the prepared listing."""
        return self.listings[key]
