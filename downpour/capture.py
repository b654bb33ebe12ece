"""From a server or volume to an image that can be downloaded, and back to how it was.

Every temporary object is written to the journal before it is made, carries ``downpour`` in its
metadata where the type has any, and is removed on every way out.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from types import FrameType

import openstack.compute.v2.server
import openstack.exceptions

from downpour.bundle.journal import Journal, Temporary
from downpour.cloud import Cloud, translate_errors
from downpour.collection import MARKER_KEY
from downpour.errors import DownpourError, Problem, raise_all
from downpour.resources.captures import PLACES, Capture, Route, TemporaryKind
from downpour.resources.model import Attributes, Resource, describe_resource
from downpour.transfer.progress import Progress

NAME_PREFIX = "downpour-temporary-"
_MARK = {MARKER_KEY: "temporary"}
_VOLUME_IMAGE_FORMAT = "qcow2"
_FIRST_POLL_SECONDS, _LAST_POLL_SECONDS = 0.3, 5.0
# How long an object may take to appear after the answer to its request was lost.
_ARRIVAL_SECONDS = 10.0
_BUSY = (
    "ACTIVE",
    "creating",
    "downloading",
    "uploading",
    "deleting",
    "queued",
    "saving",
    "backing-up",
)
_REMOVAL_ORDER = tuple(TemporaryKind)

# What stands for a frozen resource: its snapshot, for a server its image, or why there is none.
Frozen = Temporary | DownpourError


class Capturer:
    """Makes and removes the temporary objects of one export."""

    def __init__(self, cloud: Cloud, journal: Journal, progress: Progress) -> None:
        self.cloud = cloud
        self.journal = journal
        self.progress = progress

    @contextlib.contextmanager
    def freeze_group(
        self, captures: list[Capture], servers_to_stop: set[str]
    ) -> Iterator[dict[str, Frozen]]:
        """Snapshot the attached volumes of one server together, then begin its own snapshot.

        Servers to stop are started again as soon as that is done. Yields by the id of the
        captured resource the snapshot, for a server the image, or why there is none; whatever is
        still there afterwards is removed.
        """
        frozen: dict[str, Frozen] = {}
        before = set(self.journal.temporary)

        def keep(capture: Capture, make: Callable[[Resource], Temporary]) -> None:
            try:
                frozen[capture.resource.id] = make(capture.resource)
            except DownpourError as error:
                frozen[capture.resource.id] = error

        with self._removing(lambda: set(self.journal.temporary) - before):
            stopped = [self._stop_server(server_id) for server_id in sorted(servers_to_stop)]
            for capture in captures:
                if capture.route is Route.VOLUME_SNAPSHOT:
                    keep(capture, self._make_snapshot)
            for capture in captures:
                if capture.route is Route.SERVER_SNAPSHOT:
                    keep(capture, self._make_server_image)
            if stopped:
                for capture in captures:
                    keep(capture, lambda resource: self._finish_freezing(frozen[resource.id]))
                remove_temporary(self.cloud, self.journal, {server.name for server in stopped})
            yield frozen

    def _finish_freezing(self, own: Frozen) -> Temporary:
        if isinstance(own, DownpourError):
            raise own
        is_image = own.kind is TemporaryKind.IMAGE
        self._wait(own, "active" if is_image else "available", f"temporary {own.kind}")
        return own

    def _stop_server(self, server_id: str) -> Temporary:
        """Stop a server; its removal from the journal is its start."""
        what = f"server {server_id}"
        self.journal.intend(TemporaryKind.STOPPED_SERVER, server_id)
        self.journal.note_created(server_id, server_id)
        with translate_errors(f"stopping {what}"), _awaiting_answer():
            self.cloud.connection.compute.stop_server(server_id)
        stopped = self.journal.temporary[server_id]
        self._wait(stopped, "SHUTOFF", f"{what} to stop")
        return stopped

    @contextlib.contextmanager
    def open_image(self, capture: Capture, frozen: dict[str, Frozen]) -> Iterator[Attributes]:
        """Yield the document of the image with a resource's bytes; remove what was made for it."""
        what = describe_resource(capture.resource)
        if capture.route is Route.DOWNLOAD:
            yield capture.resource.attributes
            return
        own = frozen.get(capture.resource.id)
        if isinstance(own, DownpourError):
            raise own
        before = set(self.journal.temporary) - ({own.name} if own else set())
        with self._removing(lambda: set(self.journal.temporary) - before):
            if own is None:
                image = self._upload_volume(capture.resource.id)
            elif capture.route is Route.SERVER_SNAPSHOT:
                image = own
            else:
                self._wait(own, "available", f"snapshot of {what}")
                volume = self._make_volume(capture.resource, own)
                self._wait(volume, "available", f"copy of {what}")
                image = self._upload_volume(volume.id)
            yield self._wait(image, "active", f"image of {what}")

    @contextlib.contextmanager
    def _removing(self, choose: Callable[[], set[str]]) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            try:
                remove_temporary(self.cloud, self.journal, choose())
            except DownpourError as left_behind:
                if isinstance(error, DownpourError):
                    raise type(error)(*error.problems, *left_behind.problems) from error
                self.progress.say(str(left_behind))
            raise
        remove_temporary(self.cloud, self.journal, choose())

    def _make(self, kind: TemporaryKind, create: Callable[[str], str]) -> Temporary:
        name = NAME_PREFIX + str(uuid.uuid4())
        self.journal.intend(kind, name)
        with _awaiting_answer():
            try:
                self.journal.note_created(name, create(name))
            except DownpourError as error:
                if _is_refusal(error):
                    self.journal.note_removed(name)
                raise
        return self.journal.temporary[name]

    def _make_snapshot(self, volume: Resource) -> Temporary:
        def create(name: str) -> str:
            # block storage before 3.66 refuses snapshots of attached volumes without force
            with translate_errors(f"snapshot of {describe_resource(volume)}"):
                snapshot = self.cloud.connection.block_storage.create_snapshot(
                    volume_id=volume.id, name=name, metadata=_MARK, force=True
                )
                return str(snapshot.id)

        return self._make(TemporaryKind.SNAPSHOT, create)

    def _make_volume(self, volume: Resource, snapshot: Temporary) -> Temporary:
        def create(name: str) -> str:
            with translate_errors(f"copy of {describe_resource(volume)}"):
                copy = self.cloud.connection.block_storage.create_volume(
                    snapshot_id=snapshot.id, name=name, size=volume["size"], metadata=_MARK
                )
                return str(copy.id)

        return self._make(TemporaryKind.VOLUME, create)

    def _upload_volume(self, volume_id: str) -> Temporary:
        def create(name: str) -> str:
            with translate_errors(f"image of volume {volume_id}"):
                answer = self.cloud.connection.block_storage.upload_volume_to_image(
                    volume_id,
                    name,
                    disk_format=_VOLUME_IMAGE_FORMAT,
                    container_format="bare",
                )
                return str(answer["image_id"])

        return self._make(TemporaryKind.IMAGE, create)

    def _make_server_image(self, server: Resource) -> Temporary:
        def create(name: str) -> str:
            with translate_errors(f"snapshot of {describe_resource(server)}"):
                # create_server_image() reads the image, too: if that failed, its id was lost.
                made = openstack.compute.v2.server.Server.new(id=server.id)
                return made.create_image(self.cloud.connection.compute, name, _MARK)

        return self._make(TemporaryKind.IMAGE, create)

    def _wait(self, temporary: Temporary, status: str, what: str) -> Attributes:
        """Wait for a status; raise :class:`DownpourError` when the cloud gives up."""
        with self.progress.wait(f"waiting for the {what}"):
            for _ in _poll():
                document = _read(self.cloud, temporary)
                if document is None:
                    raise DownpourError(
                        Problem("vanished", what, f"the temporary {temporary.kind} is gone")
                    )
                if document["status"] == status:
                    return document
                if document["status"] not in _BUSY:
                    raise DownpourError(
                        Problem(
                            "not-captured",
                            what,
                            f"the cloud left the temporary {temporary.kind} in status "
                            f"{document['status']}",
                            "ask the operator of the source cloud, then export again",
                        )
                    )
        raise AssertionError("polling does not end")


@contextlib.contextmanager
def _awaiting_answer() -> Iterator[None]:
    """Let Ctrl-C wait for the answer to a request; a second one does not wait.

    Without the answer nobody knows whether something was made: it may come into being after it
    was looked for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            raise KeyboardInterrupt


def _is_refusal(error: DownpourError) -> bool:
    """Tell whether the cloud certainly made nothing; after 5xx or a broken connection it may."""
    status = getattr(error.__cause__, "status_code", None)
    return status is not None and 400 <= status < 500


def remove_temporary(cloud: Cloud, journal: Journal, names: set[str]) -> None:
    """Remove temporary objects from the source cloud and wait until they are gone.

    All are tried. Raises :class:`DownpourError` with those that could not be removed; they stay in
    the journal.
    """
    problems: list[Problem] = []
    chosen = [journal.temporary[name] for name in names if name in journal.temporary]
    for temporary in sorted(chosen, key=lambda item: _REMOVAL_ORDER.index(item.kind)):
        try:
            _remove(cloud, temporary)
            journal.note_removed(temporary.name)
        except DownpourError as error:
            problems.extend(
                Problem(
                    "left-behind",
                    f"temporary {temporary.kind} {temporary.name}",
                    f"it could not be removed: {problem}",
                    f"run: downpour cleanup {journal.path.parent}",
                )
                for problem in error.problems
            )
    raise_all(problems)


def _remove(cloud: Cloud, temporary: Temporary) -> None:
    if temporary.kind is TemporaryKind.STOPPED_SERVER:
        _start_server(cloud, temporary)
        return
    is_asked = False
    arrival_end = time.monotonic() + (0 if temporary.id else _ARRIVAL_SECONDS)
    for _ in _poll():
        document = _read(cloud, temporary)
        if document is None:
            if is_asked or time.monotonic() >= arrival_end:
                return
            continue
        # A volume or snapshot in the making cannot be deleted yet; an image can.
        if not is_asked and (
            temporary.kind is TemporaryKind.IMAGE or document["status"] not in _BUSY
        ):
            with translate_errors(f"deleting {temporary.kind} {temporary.name}"):
                _delete(cloud, temporary.kind, document["id"])
            is_asked = True
        elif is_asked and document["status"].startswith("error"):
            raise DownpourError(
                Problem("not-deleted", f"status {document['status']}", "the cloud gave up")
            )


def _delete(cloud: Cloud, kind: TemporaryKind, object_id: str) -> None:
    # A cloud without volumes has images all the same.
    if kind is TemporaryKind.IMAGE:
        cloud.connection.image.delete_image(object_id)
    elif kind is TemporaryKind.VOLUME:
        cloud.connection.block_storage.delete_volume(object_id)
    else:
        cloud.connection.block_storage.delete_snapshot(object_id)


def _start_server(cloud: Cloud, stopped: Temporary) -> None:
    """Start a server that was stopped, once its stopping and its snapshots are over.

    One that somebody deleted meanwhile needs no start.
    """
    for _ in _poll():
        server = _read(cloud, stopped)
        is_idle = server is not None and server["OS-EXT-STS:task_state"] is None
        if server is None or (is_idle and server["status"] != "SHUTOFF"):
            return
        if is_idle:
            with translate_errors(f"starting server {stopped.id}"):
                cloud.connection.compute.start_server(stopped.id)


def _read(cloud: Cloud, temporary: Temporary) -> Attributes | None:
    """Return the document of a temporary object, found by id or by its unique name, as sent."""
    place = PLACES[temporary.kind]
    with translate_errors(f"{temporary.kind} {temporary.name}"):
        if not temporary.id:
            answer = cloud.read_document(place.service, place.listing, {"name": temporary.name})
            named = (item for item in answer[place.collection] if item["name"] == temporary.name)
            return next(named, None)
        try:
            answer = cloud.read_document(place.service, f"/{place.collection}/{temporary.id}", {})
        except openstack.exceptions.NotFoundException:
            return None
    document: Attributes = answer[place.key] if place.key else answer
    return None if document["status"] == "deleted" else document


def _poll() -> Iterator[None]:
    """Yield at once, then after ever longer pauses."""
    pause_seconds = _FIRST_POLL_SECONDS
    while True:
        yield
        time.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 1.3, _LAST_POLL_SECONDS)
