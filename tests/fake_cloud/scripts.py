"""What shall go wrong: which requests, how often, and in which way."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

from tests.fake_cloud.messages import Answer, Request


@dataclasses.dataclass(frozen=True)
class Match:
    """Which requests are meant; ``""`` means all.

    ``method`` and ``path`` are regular expressions for the whole; ``path`` is below the service's
    version (``/servers/[^/]+/action``). ``service`` is the SDK's word: ``block_storage``.
    ``is_wanted`` may look at all of the request.
    """

    method: str = ""
    service: str = ""
    path: str = ""
    is_wanted: Callable[[Request], bool] | None = None

    def covers(self, request: Request) -> bool:
        """Tell whether a request is meant."""
        return (
            (not self.method or re.fullmatch(self.method, request.method) is not None)
            and (not self.service or self.service == request.service)
            and (not self.path or re.fullmatch(self.path, request.path) is not None)
            and (self.is_wanted is None or self.is_wanted(request))
        )


def match(
    method: str = "",
    service: str = "",
    path: str = "",
    is_wanted: Callable[[Request], bool] | None = None,
) -> Match:
    """Return which requests are meant; logins only where ``service`` is ``identity``."""
    return Match(method, service, path, is_wanted)


def match_writes(service: str = "", path: str = "") -> Match:
    """Return that all requests are meant that may change something, except logins."""
    return Match("POST|PUT|PATCH|DELETE", service, path)


@dataclasses.dataclass(frozen=True)
class Reaction:
    """What happens to a request that a script is for; combine some with :meth:`__or__`.

    ``answer`` takes the place of the service's, which then does nothing. ``message`` and ``status``
    instead of it is a refusal in the service's own words. ``is_request_lost`` closes the connection
    before anything is done, ``is_answer_lost`` after it. ``cut_at_bytes`` closes it in the body.
    """

    status: int = 0
    message: str = ""
    answer: Answer | None = None
    delay_seconds: float = 0
    cut_at_bytes: int | None = None
    change: Callable[[bytes], bytes] | None = None
    is_request_lost: bool = False
    is_answer_lost: bool = False
    before: Callable[[Request], None] | None = None
    after: Callable[[Request, Answer], None] | None = None

    def __or__(self, other: Reaction) -> Reaction:
        """Return both in one; where both say something, what ``other`` says."""
        said = {
            field.name: getattr(other, field.name)
            for field in dataclasses.fields(other)
            if getattr(other, field.name) != field.default
        }
        return dataclasses.replace(self, **said)


def refuse(status: int, message: str = "scripted") -> Reaction:
    """Refuse in the service's own words, without doing anything."""
    return Reaction(status=status, message=message)


def reply(status: int, document: Any = None, body: bytes = b"", **headers: str) -> Reaction:
    """Answer with this instead of doing anything: a document, or bytes of any type."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if document is not None:
        body = json.dumps(document).encode()
        named.setdefault("Content-Type", "application/json")
    return Reaction(answer=Answer(status, body, named))


def delay(seconds: float) -> Reaction:
    """Do it, but wait before."""
    return Reaction(delay_seconds=seconds)


def cut(after_bytes: int) -> Reaction:
    """Break the connection after so many bytes of the answer's body."""
    return Reaction(cut_at_bytes=after_bytes)


def corrupt(change: Callable[[bytes], bytes] | None = None) -> Reaction:
    """Change the answer's body: its first byte, or as ``change`` does it."""
    return Reaction(change=change or _flip_first_byte)


def lose_request() -> Reaction:
    """Break the connection before anything is done."""
    return Reaction(is_request_lost=True)


def lose_answer() -> Reaction:
    """Do it, then break the connection without an answer."""
    return Reaction(is_answer_lost=True)


def call(
    before: Callable[[Request], None] | None = None,
    after: Callable[[Request, Answer], None] | None = None,
) -> Reaction:
    """Call something before it is done, or after it is done and before it is answered."""
    return Reaction(before=before, after=after)


def _flip_first_byte(body: bytes) -> bytes:
    return bytes([body[0] ^ 0xFF]) + body[1:] if body else body


@dataclasses.dataclass
class Script:
    """A reaction to the requests ``skip`` … ``skip + times`` that it is for (``None``: to all)."""

    match: Match
    reaction: Reaction
    times: int | None = 1
    skip: int = 0
    seen: int = 0

    @property
    def fired(self) -> int:
        """How often it did something."""
        done = max(self.seen - self.skip, 0)
        return done if self.times is None else min(done, self.times)

    def take(self, request: Request) -> bool:
        """Count a request and tell whether to react to it."""
        if request.service == "identity" and self.match.service != "identity":
            return False
        if request.path == "/" and not self.match.path:
            return False
        if not self.match.covers(request):
            return False
        before = self.fired
        self.seen += 1
        return self.fired > before
