"""The one door to the destination cloud: log in, send requests, page listings, explain errors."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# Here and not in a function: the parent of all tasks imports this module, and they inherit it.
try:
    import openstack
    from keystoneauth1 import exceptions as keystone_errors
    from keystoneauth1.adapter import Adapter
    from openstack import exceptions as sdk_errors
except ImportError as missing:
    _missing_sdk: ImportError | None = missing
else:
    _missing_sdk = None

from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import (
    AnswerLostError,
    ApiError,
    TaskError,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json, Query

_RETRIES = 3
# For one answer. An image service may think for minutes after it got the last byte.
_TIMEOUT_SECONDS = 600.0
_WITHOUT_ANSWER = (
    "The request may have been done all the same. Run the playbook again: it looks first."
)

# By the argument `cloud`. Filled before the fork by the callback `preload`, else by the task.
_clouds: dict[str | None, Cloud] = {}


def open_cloud(name: str | None) -> Cloud:
    """Return the cloud of that name in clouds.yaml; null: as the environment (OS_*) says.

    Nothing is sent yet. Raises TaskError if there is no SDK or no usable configuration.
    """
    if name not in _clouds:
        _clouds[name] = Cloud(_connect(name))
    return _clouds[name]


class Cloud:
    """A session with one project of one cloud; processes that are forked inherit its token."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._extensions: set[str] | None = None
        # What the project had of a type when the play came to that type, by the type's name.
        self.known: dict[str, list[Json]] = {}

    def get_project_id(self) -> str:
        """Return the id of the project that the credentials are for; logs in if need be."""
        with _Translation("login"):
            return str(self._connection.session.get_project_id())

    def get(
        self,
        service: str,
        path: str,
        query: Query | None = None,
        microversion: str | None = None,
    ) -> Json:
        """Read; repeated when the connection fails. Raises ApiError and TaskError."""
        return self._read_json(
            self.send("GET", service, path, params=query, microversion=microversion)
        )

    def list_all(
        self,
        service: str,
        path: str,
        key: str,
        query: Query | None = None,
        microversion: str | None = None,
    ) -> list[Json]:
        """Return all pages of a listing; raises as get() does."""
        found: list[Json] = []
        while True:
            page = self.get(service, path, query, microversion)
            found.extend(page[key])
            following = _find_next_query(page, key)
            if following is None or not page[key]:
                return found
            query = following

    def post(self, service: str, path: str, body: Json, microversion: str | None = None) -> Json:
        """Create or act, once; raises AnswerLostError if nobody knows whether it was done."""
        return self._read_json(
            self.send("POST", service, path, json=body, microversion=microversion)
        )

    def put(self, service: str, path: str, body: Json) -> Json:
        """Replace; raises as post() does."""
        return self._read_json(self.send("PUT", service, path, json=body))

    def delete(self, service: str, path: str, microversion: str | None = None) -> None:
        """Delete; an object that is gone already counts as deleted. Raises as post() does."""
        try:
            self.send("DELETE", service, path, microversion=microversion)
        except ApiError as refusal:
            if refusal.status != 404:
                raise

    def send(self, method: str, service: str, path: str, **details: Any) -> Any:
        """Send one request and return the response; raises ApiError for a status from 400."""
        is_read = method == "GET"
        # The SDK's own request() may repeat writes and answer from a cache: twins, stale answers.
        # 429 (too many requests) means not done; 503 may come from a proxy after it was done.
        # Data from a file is at its end after the first try.
        retries = {
            "connect_retries": _RETRIES if is_read else 0,
            "status_code_retries": 0 if "data" in details else _RETRIES,
            "retriable_status_codes": [429, 503] if is_read else [429],
        }
        with _Translation(f"{method} {path}", is_read):
            response = Adapter.request(
                self._get_adapter(service), path, method, raise_exc=False, **retries, **details
            )
        if response.status_code >= 400:
            raise _explain_refusal(f"{method} {path}", response)
        return response

    def has_extension(self, alias: str) -> bool:
        """Whether the network service has the extension; the list is read once."""
        if self._extensions is None:
            listed = self.get("network", "/extensions")["extensions"]
            self._extensions = {str(extension["alias"]) for extension in listed}
        return alias in self._extensions

    def limit_microversion(self, service: str, wanted: str) -> str:
        """Return the wanted microversion, or the cloud's newest if that is older."""
        with _Translation("login"):
            newest = self._get_adapter(service).get_endpoint_data().max_microversion or (2, 1)
        major, _, minor = wanted.partition(".")
        return wanted if (int(major), int(minor)) <= tuple(newest) else f"{newest[0]}.{newest[1]}"

    def log_in(self, services: Iterable[str]) -> None:
        """Make sure that the token is good and the services' addresses are known."""
        with _Translation("login"):
            self._connection.session.get_token()
            for service in services:
                self._get_adapter(service).get_endpoint()

    def renew_token(self) -> None:
        """Log in again: before a request that must not be sent twice, such as an upload."""
        with _Translation("login"):
            self._connection.session.invalidate()
            self._connection.session.get_token()

    def close_sockets(self) -> None:
        """Close the kept connections: after a fork, two processes would talk on one."""
        self._connection.session.session.close()

    def _get_adapter(self, service: str) -> Any:
        return getattr(self._connection, service)

    @staticmethod
    def _read_json(response: Any) -> Json:
        if not response.content:
            return {}
        try:
            answer = response.json()
        except ValueError as error:
            raise TaskError(
                f"{response.request.method} {urlsplit(response.url).path}",
                "the answer is not JSON",
                "Is the address of the service in the catalog right?",
            ) from error
        return answer if isinstance(answer, dict) else {}


class _Translation:
    """Turns the exceptions of the SDK and of keystoneauth into TaskError."""

    def __init__(self, what: str, is_read: bool = True) -> None:
        self._what = what
        self._is_read = is_read

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: Any, error: BaseException | None, _trace: Any) -> None:
        if error is None:
            return
        why = escape_controls(str(error))
        if isinstance(error, keystone_errors.Unauthorized):
            raise TaskError(
                "login", f"refused: {why}", "Check the credentials in clouds.yaml or OS_*."
            ) from error
        if isinstance(error, keystone_errors.ConnectionError):
            if self._is_read:
                raise TaskError(
                    self._what, f"cannot be reached: {why}", "Check the address and the network."
                ) from error
            raise AnswerLostError(
                self._what, f"connection failed: {why}", _WITHOUT_ANSWER
            ) from error
        if isinstance(error, keystone_errors.ClientException | sdk_errors.SDKException):
            raise TaskError(self._what, why, "Check the cloud in clouds.yaml or OS_*.") from error


def _connect(name: str | None) -> Any:
    if _missing_sdk is not None:
        raise TaskError(
            "openstacksdk",
            f"cannot be imported by {sys.executable} ({_missing_sdk})",
            "Install it there: pip install openstacksdk.",
        )
    with _Translation(f"cloud '{name}'" if name else "cloud"):
        connection = openstack.connect(cloud=name, app_name="downpour")
        if connection.session.timeout is None:
            # Else a connection that died in silence would be waited for without end.
            connection.session.timeout = _TIMEOUT_SECONDS
        return connection


def _find_next_query(page: Json, key: str) -> Query | None:
    """Return the next page's query: glance has `next`, the others have `<key>_links`."""
    address = page.get("next")
    for link in page.get(f"{key}_links") or ():
        if link.get("rel") == "next":
            address = link.get("href")
    if not address:
        return None
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(urlsplit(str(address)).query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return dict(query)


def _explain_refusal(what: str, response: Any) -> ApiError:
    status = int(response.status_code)
    message = read_message(response)
    remedy = ""
    if status == 413 or "quota" in message.lower():
        remedy = "Ask for a higher quota of the project, then run the playbook again."
    elif status == 403:
        remedy = "The user's roles in this project do not permit it."
    elif status >= 500:
        remedy = "The cloud has a fault. Run the playbook again, or ask its operator."
    return ApiError(what, f"{message} (HTTP {status})", remedy, status)


def read_message(response: Any) -> str:
    """Return what the service says about its error, on one line of at most 500 characters."""
    try:
        message = _find_message(response.json())
    except ValueError:
        message = ""
    if not message:
        message = re.sub(
            r"<(head|style|script).*?</\1>|<[^>]*>",
            " ",
            response.text,
            flags=re.DOTALL | re.IGNORECASE,
        )
    # cinder escapes its messages as if they were HTML
    message = " ".join(html.unescape(message).split()) or str(response.reason)
    return escape_controls(message[:500])


def _find_message(answer: Any) -> str:
    """Find the text in {"NeutronError": {"message": …}}, {"badRequest": {"message": …}}, …."""
    if not isinstance(answer, dict):
        return ""
    for name in ("message", "faultstring"):
        if isinstance(answer.get(name), str):
            return str(answer[name])
    return next(filter(None, map(_find_message, answer.values())), "")
