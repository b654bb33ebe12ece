"""A kind of object as a table of facts, and all that follows from it for its requests."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from tests.fake_cloud.filters import cut_page, narrow_network, narrow_plain
from tests.fake_cloud.messages import Answer, Document, RefusalError, Request, answer_json
from tests.fake_cloud.release import Microversion
from tests.fake_cloud.state import State

ZULU_TIME = "%Y-%m-%dT%H:%M:%SZ"
LONG_TIME = "%Y-%m-%dT%H:%M:%S.%f"

Handler = Callable[..., Answer]


@dataclasses.dataclass(frozen=True)
class Route:
    """Which function answers; the groups of ``path`` are its arguments after the request."""

    method: str
    path: str
    handler: Handler

    def find_arguments(self, request: Request) -> tuple[str, ...] | None:
        """Return the arguments from a request's path, ``None`` if it is none of this route's."""
        if request.method != self.method:
            return None
        found = re.fullmatch(self.path, request.path)
        return tuple(unquote(text) for text in found.groups()) if found else None


# How a service's listing understands the query.
Narrow = Callable[[list[Document], Mapping[str, list[str]]], list[Document]]


def complete_nothing(state: State, document: Document, body: Document) -> None:
    """Leave a new object as the defaults make it."""


def follow_nothing(state: State, document: Document) -> None:
    """Do nothing else when an object appears or goes."""


def present_plainly(
    state: State, documents: Iterable[Document], request: Request
) -> Iterable[Document]:
    """Show documents as they are kept."""
    return documents


def share_nothing(state: State, document: Document) -> bool:
    """Tell that only the owner sees it."""
    return False


@dataclasses.dataclass(frozen=True)
class Kind:
    """The facts about one kind of object.

    ``defaults`` are what a new object has where the request does not say otherwise, ``since`` the
    attributes that only newer microversions show, ``of_extension`` those of neutron's extensions.
    ``is_strict``: attributes that are not in ``defaults`` are refused; ``fixed`` ones cannot be
    changed; ``for_admins`` ones cannot be asked for. Attributes that begin with ``_`` are never
    shown. ``complete`` fills in and checks a new object, ``follow`` acts when it is there,
    ``release`` checks and acts before it goes.
    """

    service: str
    collection: str
    key: str
    title: str
    defaults: Mapping[str, Any]
    plural: str = ""
    owner_keys: tuple[str, ...] = ("project_id", "tenant_id")
    time_keys: tuple[str, ...] = ("created_at", "updated_at")
    time_format: str = ZULU_TIME
    order: str = "oldest"
    page_limit: int | None = 1000
    brief: tuple[str, ...] = ()
    limit_name: str = ""
    since: Mapping[str, Microversion] = dataclasses.field(default_factory=dict)
    of_extension: Mapping[str, str] = dataclasses.field(default_factory=dict)
    is_strict: bool = False
    fixed: frozenset[str] = frozenset()
    for_admins: frozenset[str] = frozenset()
    created_status: int = 201
    deleted_status: int = 204
    narrow: Narrow = narrow_plain
    complete: Callable[[State, Document, Document], None] = complete_nothing
    follow: Callable[[State, Document], None] = follow_nothing
    change: Callable[[State, Document, Document], None] = complete_nothing
    release: Callable[[State, Document], None] = follow_nothing
    present: Callable[[State, Iterable[Document], Request], Iterable[Document]] = present_plainly
    is_shared: Callable[[State, Document], bool] = share_nothing

    @property
    def listing_key(self) -> str:
        """The key of a listing's objects."""
        return self.plural or self.collection.replace("-", "_")

    # What is kept.

    def open(self, state: State) -> dict[str, Document]:
        """Return all documents by id, whoever owns them."""
        return state.open_collection(self.service, self.collection)

    def is_visible(self, state: State, document: Document) -> bool:
        """Tell whether the project's member may see an object."""
        if not self.owner_keys or document["id"] in state.visible:
            return True
        is_own = bool(document.get(self.owner_keys[0]) == state.project_id)
        return is_own or self.is_shared(state, document)

    def find(self, state: State, object_id: str) -> Document:
        """Return an object that the member may see; refuse an id that there is not."""
        document = self.open(state).get(object_id)
        if document is None or not self.is_visible(state, document):
            name = self.title.replace(" ", "")
            raise RefusalError(
                404, f"{self.title} {object_id} could not be found.", f"{name}NotFound"
            )
        return document

    def list_visible(self, state: State) -> list[Document]:
        """Return what the member may see, in the order of a listing."""
        found = [item for item in self.open(state).values() if self.is_visible(state, item)]
        if self.order == "id":
            found.sort(key=lambda item: str(item["id"]))
        elif self.order == "newest":
            found.reverse()
        return found

    def build(self, state: State, body: Document) -> Document:
        """Return a new document with everything that the service adds, not yet kept."""
        object_id = body.get("id") or state.make_id()
        moment = state.read_clock().strftime(self.time_format)
        return {
            "id": object_id,
            **copy.deepcopy(dict(self.defaults)),
            **dict.fromkeys(self.time_keys, moment),
            **dict.fromkeys(self.owner_keys, state.project_id),
            **copy.deepcopy(body),
        }

    def make(self, state: State, body: Document) -> Document:
        """Make an object as a request does, with all checks and consequences."""
        self.check_body(state, body)
        self.check_limit(state)
        document = self.build(state, {name: body[name] for name in body if name != "id"})
        self.complete(state, document, body)
        self.open(state)[document["id"]] = document
        self.follow(state, document)
        return document

    def remove(self, state: State, document: Document) -> None:
        """Remove an object from the store, without checks."""
        self.open(state).pop(document["id"], None)

    def check_body(self, state: State, body: Document, *, is_new: bool = True) -> None:
        """Refuse attributes that there are not, or that a member may not set."""
        if self.is_strict:
            known = {name for name in self.defaults if self._is_known(state, name)}
            if unknown := sorted(set(body) - known - set(self.owner_keys)):
                names = ", ".join(unknown)
                raise RefusalError(400, f"Unrecognized attribute(s) '{names}'", "HTTPBadRequest")
        if not is_new and (refused := sorted(self.fixed & set(body))):
            raise RefusalError(
                400, f"Cannot update read-only attribute {refused[0]}", "HTTPBadRequest"
            )
        if asked := sorted(self.for_admins & set(body)):
            verb = "create" if is_new else "update"
            rule = f"rule:{verb}_{self.key}:{asked[0]}"
            raise RefusalError(403, f"({rule}) is disallowed by policy", "PolicyNotAuthorized")

    def check_limit(self, state: State) -> None:
        """Refuse one object more than the project may have."""
        limit = state.limits.get(self.collection)
        if limit is None:
            return
        own = [
            item
            for item in self.open(state).values()
            if not self.owner_keys or item.get(self.owner_keys[0]) == state.project_id
        ]
        if len(own) < limit:
            return
        name = self.limit_name or self.key
        if self.service == "network":
            raise RefusalError(409, f"Quota exceeded for resources: ['{name}'].", "OverQuota")
        if self.service == "compute":
            used = f"Requested 1, but already used {len(own)} of {limit} {name}"
            raise RefusalError(403, f"Quota exceeded for {name}: {used}")
        text = f"Maximum number of {name} allowed ({limit}) exceeded for quota '{name}'."
        raise RefusalError(413, f"{self.title}LimitExceeded: {text}")

    # What is shown.

    def _is_known(self, state: State, name: str) -> bool:
        extension = self.of_extension.get(name)
        return extension is None or extension in state.release.extensions

    def show(self, state: State, documents: Iterable[Document], request: Request) -> list[Document]:
        """Return documents as this release shows them at the request's microversion."""
        hidden = {name for name in self.of_extension if not self._is_known(state, name)}
        hidden |= {name for name, first in self.since.items() if request.microversion < first}
        return [
            {
                name: value
                for name, value in document.items()
                if name not in hidden and not name.startswith("_")
            }
            for document in self.present(state, documents, request)
        ]

    def show_one(self, state: State, document: Document, request: Request) -> Document:
        """Return one document under its key."""
        shown = self.show(state, [document], request)[0]
        return {self.key: shown} if self.key else shown

    # What is asked for.

    def answer_listing(self, state: State, request: Request, *, is_brief: bool = False) -> Answer:
        """List: visible, in order, narrowed by the query, one page of it."""
        documents = self.list_visible(state)
        for document in documents:
            state.note_read(document)
        documents = [item for item in documents if item["id"] in self.open(state)]
        shown = self.narrow(self.show(state, documents, request), request.query)
        page, following = cut_page(shown, request.query, self.page_limit)
        answer: Document = {self.listing_key: self._shorten(page, request, is_brief)}
        if following:
            link = {"rel": "next", "href": f"{request.base_url}{request.path}?{following}"}
            answer[f"{self.listing_key}_links"] = [link]
        return answer_json(200, answer)

    def _shorten(self, page: list[Document], request: Request, is_brief: bool) -> list[Document]:
        names: Iterable[str] = self.brief if is_brief else ()
        if self.service == "network":
            names = request.query.get("fields", ())
        if not names:
            return page
        return [{name: item[name] for name in names if name in item} for item in page]

    def answer_one(self, state: State, request: Request, object_id: str) -> Answer:
        """Show one."""
        document = self.find(state, object_id)
        state.note_read(document)
        return answer_json(200, self.show_one(state, self.find(state, object_id), request))

    def answer_making(self, state: State, request: Request) -> Answer:
        """Make one, or (neutron) several: all of them or none."""
        if self.service == "network" and self.listing_key in (body := request.read_json()):
            made = self._make_all(state, body[self.listing_key])
            return answer_json(201, {self.listing_key: self.show(state, made, request)})
        body = request.read_object(self.key) if self.key else request.read_json()
        document = self.make(state, body)
        return answer_json(self.created_status, self.show_one(state, document, request))

    def _make_all(self, state: State, bodies: list[Document]) -> list[Document]:
        made: list[Document] = []
        try:
            for body in bodies:
                made.append(self.make(state, body))
        except RefusalError:
            for document in made:
                self.remove(state, document)
            raise
        return made

    def answer_change(self, state: State, request: Request, object_id: str) -> Answer:
        """Change attributes of one."""
        document = self.find(state, object_id)
        body = request.read_object(self.key)
        self.check_body(state, body, is_new=False)
        self.change(state, document, body)
        document.update(body)
        if "revision_number" in document:
            document["revision_number"] += 1
        return answer_json(200, self.show_one(state, document, request))

    def answer_removal(self, state: State, request: Request, object_id: str) -> Answer:
        """Remove one."""
        document = self.find(state, object_id)
        self.release(state, document)
        self.remove(state, document)
        return Answer(self.deleted_status)

    def make_routes(self, *without: str) -> tuple[Route, ...]:
        """Return the routes to all this; ``without`` are methods that the service does not have."""
        path, one = f"/{self.collection}", f"/{self.collection}/([^/]+)"
        details: tuple[Route, ...] = ()
        listing: Handler = self.answer_listing
        if self.brief:
            details = (Route("GET", f"{path}/detail", self.answer_listing),)

            def listing(state: State, request: Request) -> Answer:
                return self.answer_listing(state, request, is_brief=True)

        routes = (
            Route("GET", path, listing),
            *details,
            Route("GET", one, self.answer_one),
            Route("POST", path, self.answer_making),
            Route("PUT", one, self.answer_change),
            Route("DELETE", one, self.answer_removal),
        )
        return tuple(route for route in routes if route.method not in without)


NETWORK_KIND: dict[str, Any] = {
    "service": "network",
    "order": "id",
    "page_limit": None,
    "is_strict": True,
    "narrow": narrow_network,
}
