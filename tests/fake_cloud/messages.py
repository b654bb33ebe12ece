"""Requests and answers, past HTTP and before it; refusals in each service's own words."""

from __future__ import annotations

import dataclasses
import html
import json
from collections.abc import Mapping
from typing import Any

from tests.fake_cloud.release import Microversion

Document = dict[str, Any]

_FAULT_NAMES = {
    400: "badRequest",
    403: "forbidden",
    404: "itemNotFound",
    409: "conflictingRequest",
    413: "overLimit",
}
_TITLES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    416: "Request Range Not Satisfiable",
}


@dataclasses.dataclass(frozen=True)
class Request:
    """One request: ``path`` is below the service's version, ``/networks/0a`` for example.

    ``headers`` have lower-case names. ``base_url`` is what ``path`` comes after, for links.
    """

    method: str
    service: str
    path: str
    query: Mapping[str, list[str]] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    base_url: str = ""
    microversion: Microversion = (0, 0)

    def read_json(self) -> Any:
        """Return the body as what it describes; refuse what is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise RefusalError(400, "The request body is not JSON.") from None

    def read_object(self, key: str) -> Document:
        """Return the object under ``key`` in the body; refuse a body without it."""
        body = self.read_json()
        found = body.get(key) if isinstance(body, dict) else None
        if not isinstance(found, dict):
            raise RefusalError(400, f"Invalid input: '{key}' is a required property")
        return found

    def get_first(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    def summarize_body(self) -> Any:
        """Return the body for a log: what JSON describes, else its size in bytes."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return f"{len(self.body)} bytes"


@dataclasses.dataclass(frozen=True)
class Answer:
    """One answer, complete as it goes out."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


class RefusalError(Exception):
    """The service does not do it. ``kind`` is neutron's name for the error."""

    def __init__(self, status: int, message: str, kind: str = "") -> None:
        super().__init__(status, message, kind)
        self.status = status
        self.message = message
        self.kind = kind


def answer_json(status: int, document: Any, **headers: str) -> Answer:
    """Return an answer with a document; names of headers have ``_`` for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(document).encode()
    return Answer(status, body, {"Content-Type": "application/json", **named})


def answer_refusal(service: str, refusal: RefusalError) -> Answer:
    """Return a refusal as the service words it."""
    status, message = refusal.status, refusal.message
    if status == 401 or service == "identity":
        error = {"message": message, "code": status, "title": _TITLES.get(status, "Unauthorized")}
        return answer_json(status, {"error": error})
    if service == "network":
        error = {"type": refusal.kind or _TITLES.get(status, ""), "message": message, "detail": ""}
        return answer_json(status, {"NeutronError": error})
    if service == "image":
        title = f"{status} {_TITLES.get(status, '')}".strip()
        text = (
            f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n"
            f"  {html.escape(message)}<br /><br />\n\n\n\n </body>\n</html>"
        )
        return Answer(status, text.encode(), {"Content-Type": "text/html; charset=UTF-8"})
    # cinder escapes its messages as if they were HTML
    text = html.escape(message, quote=False) if service == "block_storage" else message
    name = _FAULT_NAMES.get(status, "computeFault")
    told: Document = {"code": status, "message": text}
    if status == 413:
        told["retryAfter"] = "0"
    return answer_json(status, {name: told})
