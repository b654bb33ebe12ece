"""The sockets: HTTP/1.1 on the loopback, kept alive, in threads that end by themselves."""

from __future__ import annotations

import dataclasses
import http
import http.server
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from tests.fake_cloud.messages import Answer

# What a handler of requests gets: method, target with its query, headers by lower-case name, body.
Serve = Callable[[str, str, dict[str, str], bytes], "Delivery"]


@dataclasses.dataclass(frozen=True)
class Delivery:
    """An answer and how much of it arrives; without an answer the connection just ends."""

    answer: Answer | None
    cut_at_bytes: int | None = None


class Server(http.server.ThreadingHTTPServer):
    """Listens from the start on; ends with :meth:`stop`, and all its connections with it."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, serve: Serve) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.serve = serve
        self.stopping = threading.Event()
        self.failures: list[BaseException] = []
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, name="fake cloud", daemon=True).start()

    @property
    def url(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without asking for the machine's name, which may take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def _accept(self) -> None:
        # serve_forever() only looks up now and then whether it shall end.
        while not self.stopping.is_set():
            try:
                connection, address = self.get_request()
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
            self.process_request(connection, address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what went wrong here; clients may hang up when they like."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.failures.append(error)

    def stop(self) -> None:
        """Stop listening and end all connections."""
        self.stopping.set()
        with self._lock:
            sockets = [self.socket, *self._connections]
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # its name there
        """Say nothing: the cloud has a log of its own."""

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        delivery = self.server.serve(self.command, self.path, headers, self._read_body(headers))
        if delivery.answer is None:
            self.close_connection = True
            return
        answer = delivery.answer
        lines = [f"HTTP/1.1 {answer.status} {_name_status(answer.status)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if answer.status != 204:
            lines.append(f"Content-Length: {len(answer.body)}")
        head = "\r\n".join([*lines, "\r\n"]).encode("latin-1")
        body = b"" if self.command == "HEAD" or answer.status == 204 else answer.body
        if delivery.cut_at_bytes is not None:
            body = body[: delivery.cut_at_bytes]
            self.close_connection = True
        self.wfile.write(head + body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  # theirs

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length") or 0))
        chunks = []
        while size_bytes := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size_bytes))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)


def _name_status(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
