"""A WSGI middleware that writes one JSON line for each API request.

The line is written before the first byte of the answer is sent: who has the answer finds the line.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from demo.sandbox.services import SERVICE_USERS

# keystonemiddleware sets these from the validated tokens, keystone's own middleware likewise.
IDENTITY_HEADERS = (
    "HTTP_X_USER_ID",
    "HTTP_X_USER_NAME",
    "HTTP_X_PROJECT_ID",
    "HTTP_X_PROJECT_NAME",
    "HTTP_X_SERVICE_USER_NAME",
    "HTTP_X_SERVICE_ROLES",
    "HTTP_X_SERVICE_PROJECT_NAME",
)


def is_internal(environ: dict[str, Any]) -> bool:
    """Tell whether a request was made by a service, on its own behalf or for a user.

    A service acts with its own token (user in the project ``service``), or with the user's token
    and its own one beside it (``send_service_user_token``).
    """
    if environ.get("HTTP_X_SERVICE_USER_NAME") in SERVICE_USERS:
        return True
    return (
        environ.get("HTTP_X_USER_NAME") in SERVICE_USERS
        and environ.get("HTTP_X_PROJECT_NAME") == "service"
    )


class RequestLog:
    """Wrap the WSGI application of one service."""

    def __init__(self, application: Callable[..., Iterable[bytes]], service: str, path: Path):
        self._application = application
        self._service = service
        # One write to a file opened for appending is one whole line, whoever else writes there.
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request and log it."""
        began = time.time()
        for header in IDENTITY_HEADERS:
            environ.pop(header, None)
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        line: dict[str, Any] = {
            "time": round(began, 6),
            "service": self._service,
            "method": environ["REQUEST_METHOD"],
            # WSGI hands the path's bytes over as latin-1 (PEP 3333).
            "path": path.encode("latin-1").decode("utf-8", "replace"),
            "query": environ.get("QUERY_STRING", ""),
            "user_agent": environ.get("HTTP_USER_AGENT", ""),
        }
        is_logged = False

        def log_once(status: int) -> None:
            nonlocal is_logged
            if not is_logged:
                is_logged = True
                self._write(line, environ, status, time.time() - began)

        def start_and_log(status: str, *arguments: Any) -> Any:
            log_once(int(status.split(" ", 1)[0]))
            return start_response(status, *arguments)

        try:
            return self._application(environ, start_and_log)
        except BaseException:
            log_once(500)
            raise

    def _write(
        self, line: dict[str, Any], environ: dict[str, Any], status: int, seconds: float
    ) -> None:
        line.update(
            status=status,
            seconds=round(seconds, 6),
            user_id=environ.get("HTTP_X_USER_ID"),
            user_name=environ.get("HTTP_X_USER_NAME"),
            project_id=environ.get("HTTP_X_PROJECT_ID"),
            service_user_name=environ.get("HTTP_X_SERVICE_USER_NAME"),
            is_internal=is_internal(environ),
        )
        os.write(self._descriptor, json.dumps(line).encode() + b"\n")
