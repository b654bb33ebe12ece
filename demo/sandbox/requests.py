"""Read and count the API requests that a cloud has answered."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Request:
    """One answered API request."""

    time: float
    """Seconds since the epoch, at its beginning."""
    service: str
    method: str
    path: str
    query: str
    status: int
    user_agent: str
    user_id: str | None
    user_name: str | None
    project_id: str | None
    is_internal: bool
    """Whether a service made it, on its own behalf or to serve a user's request."""

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Self:
        """Read one line of the log; what else it holds is for people."""
        return cls(**{field.name: line[field.name] for field in fields(cls)})

    @property
    def is_login(self) -> bool:
        """Whether it asks for a token."""
        return (self.service, self.method, self.path) == ("keystone", "POST", "/v3/auth/tokens")

    @property
    def is_write(self) -> bool:
        """Whether it asks for a change; a login does not."""
        return self.method in WRITE_METHODS and not self.is_login


class RequestLog:
    """The log that all services of one cloud write to, one JSON object a line."""

    def __init__(self, path: Path):
        self.path = path

    def mark(self) -> int:
        """Return the present end of the log, to be given as ``since`` later."""
        return self.path.stat().st_size if self.path.exists() else 0

    def read(self, since: int = 0) -> list[Request]:
        """Return all requests after a mark, in the order of their answers."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(since)
            # A line without an end is still being written.
            lines = [line for line in file if line.endswith(b"\n")]
        return [Request.from_json(json.loads(line)) for line in lines]

    def select(
        self,
        since: int = 0,
        *,
        writes: bool | None = None,
        services: Collection[str] | None = None,
        project_id: str | None = None,
        has_internal: bool = False,
    ) -> list[Request]:
        """Return requests that users (not services) made, logins left out.

        ``writes``: only those that ask for a change (true), or for none (false).  ``services``:
        only to these.  ``project_id``: only with a token for this project.  ``has_internal``:
        also those that services made.
        """
        return [
            request
            for request in self.read(since)
            if not request.is_login
            and (has_internal or not request.is_internal)
            and (writes is None or request.is_write == writes)
            and (services is None or request.service in services)
            and (project_id is None or request.project_id == project_id)
        ]
