"""The cloud itself: one address, one project, one member, and every service behind it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import openstack
import openstack.connection

from tests.fake_cloud.catalog import ROUTES, furnish
from tests.fake_cloud.content import Content
from tests.fake_cloud.identity import (
    PASSWORD,
    PLACES,
    PROJECT_NAME,
    REGION,
    USER_NAME,
    Tokens,
    answer_login,
    answer_versions,
    list_catalog,
)
from tests.fake_cloud.messages import (
    Answer,
    Document,
    RefusalError,
    Request,
    answer_refusal,
)
from tests.fake_cloud.microversions import name_microversion, negotiate
from tests.fake_cloud.release import NEWEST, Release
from tests.fake_cloud.scripts import Match, Reaction, Script
from tests.fake_cloud.server import Delivery, Server
from tests.fake_cloud.state import Course, State


@dataclasses.dataclass(frozen=True)
class Entry:
    """One request in the log. ``status`` is ``None`` if nothing was done and nothing answered."""

    method: str
    service: str
    path: str
    query: Mapping[str, list[str]]
    body: Any
    status: int | None
    is_answered: bool = True

    @property
    def is_write(self) -> bool:
        """Whether it asked for a change; logins do not count."""
        return self.method not in ("GET", "HEAD") and self.service != "identity"

    def __str__(self) -> str:
        """Return it on one line."""
        return f"{self.method} {self.service} {self.path} {self.status}"


class FakeCloud(Content):
    """A cloud on a loopback socket, from ``with FakeCloud() as cloud`` to the end of the block.

    What is wrong in the cloud itself is raised at the end of the block.

    ``without`` are services that its catalog lacks. ``is_furnished`` puts in what an operator
    would have: flavors, volume types, an external network; the project's default security group
    is always there. ``name`` decides all ids: two clouds of one name have the same.
    """

    def __init__(
        self,
        release: Release = NEWEST,
        *,
        name: str = "fake",
        without: Collection[str] = (),
        is_furnished: bool = True,
    ) -> None:
        self.release = release
        self.name = name
        super().__init__(State(name, release))
        self.log: list[Entry] = []
        self._services = [service for service in PLACES if service not in without]
        self._scripts: list[Script] = []
        self._tokens = Tokens()
        furnish(self.state, is_furnished)
        self._server = Server(self._serve)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()
        if self._server.failures and error is None:
            raise self._server.failures[0]

    def close(self) -> None:
        """End it; connections to it break."""
        self._server.stop()

    # Ways to it.

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._server.url

    @property
    def credentials(self) -> Document:
        """The user's entry for a ``clouds.yaml``."""
        return {
            "auth": {
                "auth_url": f"{self.url}/identity/v3",
                "username": USER_NAME,
                "password": PASSWORD,
                "project_name": PROJECT_NAME,
                "user_domain_id": "default",
                "project_domain_id": "default",
            },
            "region_name": REGION,
            "identity_api_version": "3",
        }

    def make_connection(self) -> openstack.connection.Connection:
        """Return a new connection of the SDK, not yet logged in."""
        return openstack.connect(load_yaml_config=False, load_envvars=False, **self.credentials)

    def write_clouds_file(self, path: Path, cloud_name: str = "fake") -> Path:
        """Write (or extend) a ``clouds.yaml``; ``OS_CLIENT_CONFIG_FILE`` has to name it."""
        clouds = json.loads(path.read_text("utf-8"))["clouds"] if path.exists() else {}
        # JSON is YAML
        document = {"clouds": {**clouds, cloud_name: self.credentials}}
        path.write_text(json.dumps(document, indent=1), encoding="utf-8")
        path.chmod(0o600)
        return path

    # What shall go wrong.

    def expire_tokens(self) -> None:
        """Let every token be too old from now on."""
        self._tokens.good.clear()

    def script(
        self, wanted: Match, reaction: Reaction, *, times: int | None = 1, skip: int = 0
    ) -> Script:
        """React so to the next requests (``times=None``: to all); the first ``skip`` go as usual.

        The first script that acts on a request decides; those after it do not count the request.
        Logins and discovery are only meant by a match that names them. Returns the script;
        ``fired`` tells how often it acted.
        """
        script = Script(wanted, reaction, times, skip)
        with self._lock:
            self._scripts.append(script)
        return script

    def clear_scripts(self) -> None:
        """Forget all scripts."""
        with self._lock:
            self._scripts.clear()

    def slow_down(
        self,
        event: str,
        reads: int | None = 1,
        *,
        end: Mapping[str, Any] | None = None,
        times: int | None = 1,
    ) -> None:
        """Let what is begun next (``volumes.create``) show its passing state for some reads.

        ``state.EVENTS`` has all words for ``event``. ``reads=None`` is for ever. ``end`` are
        attributes that it ends with in place of the good end.
        """
        with self._lock:
            self.state.plan_course(event, Course(reads, end, times))

    # What was asked.

    def list_requests(self, method: str = "", service: str = "", path: str = "") -> list[Entry]:
        """Return what was asked; without ``service`` no logins and no discovery."""
        return [
            entry
            for entry in list(self.log)
            if (not method or re.fullmatch(method, entry.method))
            and (entry.service == service if service else entry.service != "identity")
            and (re.fullmatch(path, entry.path) if path else entry.path != "/")
        ]

    def writes(self, since: int = 0) -> list[Entry]:
        """Return the requests for a change, from a place in the log on."""
        return [entry for entry in self.log[since:] if entry.is_write]

    def count(self, method: str = "", service: str = "", path: str = "") -> int:
        """Count the requests that :meth:`list_requests` returns."""
        return len(self.list_requests(method, service, path))

    # How it answers.

    def _serve(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Delivery:
        request = self._parse(method, target, headers, body)
        script = self._find_script(request)
        reaction = script.reaction if script else Reaction()
        if reaction.before is not None:
            reaction.before(request)
        if reaction.delay_seconds:
            self._server.stopping.wait(reaction.delay_seconds)
        if reaction.is_request_lost:
            self._note(request, None, is_answered=False)
            return Delivery(None)
        answer = self._answer(request, reaction)
        if reaction.change is not None:
            answer = dataclasses.replace(answer, body=reaction.change(answer.body))
        if reaction.after is not None:
            reaction.after(request, answer)
        self._note(request, answer.status, is_answered=not reaction.is_answer_lost)
        return Delivery(None if reaction.is_answer_lost else answer, reaction.cut_at_bytes)

    def _find_script(self, request: Request) -> Script | None:
        with self._lock:
            taking = (script for script in self._scripts if script.take(request))
            return next(taking, None)

    def _note(self, request: Request, status: int | None, *, is_answered: bool) -> None:
        entry = Entry(
            request.method,
            request.service,
            request.path,
            request.query,
            request.summarize_body(),
            status,
            is_answered,
        )
        with self._lock:
            self.log.append(entry)

    def _parse(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Request:
        parts = urlsplit(target)
        service, base, path = self._split_path(parts.path)
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        return Request(method, service, path, query, headers, body, self.url + base)

    def _split_path(self, path: str) -> tuple[str, str, str]:
        """Return the service, the part of the path up to its version, and the rest."""
        for service, (place, version, _) in PLACES.items():
            if path != place and not path.startswith(f"{place}/"):
                continue
            base = f"{place}/{version}"
            if path != base and not path.startswith(f"{base}/"):
                return service, place, path[len(place) :].rstrip("/") or "/"
            rest = path[len(base) :]
            if service == "block_storage" and rest.startswith(f"/{self.project_id}"):
                base += f"/{self.project_id}"
                rest = path[len(base) :]
            return service, base, rest.rstrip("/") or "/"
        return "", "", path

    def _answer(self, request: Request, reaction: Reaction) -> Answer:
        if reaction.answer is not None:
            return reaction.answer
        headers: dict[str, str] = {}
        try:
            if reaction.status:
                raise RefusalError(reaction.status, reaction.message)
            request = negotiate(self.release, request)
            headers = name_microversion(request)
            with self._lock:
                answer = self._dispatch(request)
        except RefusalError as refusal:
            answer = answer_refusal(request.service, refusal)
        return dataclasses.replace(answer, headers={**headers, **answer.headers})

    def _dispatch(self, request: Request) -> Answer:
        if request.service not in self._services:
            raise RefusalError(404, "The resource could not be found.")
        place = PLACES[request.service][0]
        if request.path == "/" and request.method == "GET":
            is_of_version = request.base_url.removeprefix(self.url) != place
            return answer_versions(self.release, request.service, self.url + place, is_of_version)
        if request.service == "identity":
            return self._answer_identity(request)
        if request.headers.get("x-auth-token") not in self._tokens.good:
            raise RefusalError(401, "The request you have made requires authentication.")
        for route in ROUTES[request.service]:
            arguments = route.find_arguments(request)
            if arguments is not None:
                return route.handler(self.state, request, *arguments)
        raise RefusalError(404, "The resource could not be found.", "HTTPNotFound")

    def _answer_identity(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/auth/tokens"):
            raise RefusalError(404, "The resource could not be found.")
        catalog = list_catalog(self.state, self.url, self._services)
        return answer_login(self.state, request, self._tokens, catalog)
