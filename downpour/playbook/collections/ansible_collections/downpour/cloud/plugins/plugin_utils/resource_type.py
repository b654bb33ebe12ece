"""What is declared of a type of resource, and how its objects come to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    CLOUD,
    LABEL,
    NAME,
    OLD_ID,
    Argument,
    build_body,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import MARKER_PREFIX, RECORD_FILE
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import ApiError, TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import (
    Obtained,
    Steps,
    Task,
    is_placeholder,
    obtain,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import (
    MarkerPlace,
    NoMarker,
    Wanted,
    make_marker,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import (
    BOTH_IDS,
    Module,
    Result,
    Returned,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.pending import (
    Attempt,
    find_attempt,
    note_attempt,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json, Query, quote_id

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud


def fetch_object(resource_type: ResourceType, cloud: Cloud, new_id: str) -> Json | None:
    """Return what the API tells of the object, None if there is none of this id."""
    if is_placeholder(new_id):
        return None
    try:
        answer = cloud.get(
            resource_type.service,
            f"{resource_type.path}/{quote_id(new_id)}",
            microversion=resource_type.choose_microversion(cloud),
        )
    except ApiError as refusal:
        # nova and cinder answer 400 to what does not look like an id at all.
        if refusal.status in {400, 404}:
            return None
        raise
    return resource_type.unwrap(answer)


def find_marked(resource_type: ResourceType, task: Task, is_fresh: bool) -> Json | None:
    """Return the object with the task's marker; raises TaskError if there are two."""
    marker = resource_type.make_marker(task)
    found = resource_type.list_marked(task.cloud, marker, is_fresh)
    if len(found) > 1:
        ids = ", ".join(sorted(str(item["id"]) for item in found))
        raise TaskError(
            "look-up",
            f"{len(found)} objects carry the marker {marker}: {ids}",
            f"Put the one to use into {RECORD_FILE}.",
        )
    return found[0] if found else None


def find_own(resource_type: ResourceType, task: Task, is_fresh: bool) -> Json | None:
    """Return the object that destination.yml names for use, else the one with the marker."""
    return find_chosen(resource_type, task) or find_marked(resource_type, task, is_fresh)


def find_chosen(resource_type: ResourceType, task: Task) -> Json | None:
    """Return the object to use instead of a new one, None if destination.yml names none."""
    wanted = task.arguments.get("use")
    if not wanted:
        return None
    found = fetch_object(resource_type, task.cloud, wanted)
    if found is None:
        why = f"the destination has no {resource_type.name} {escape_controls(wanted)}"
        raise TaskError("look-up", why, "Edit destination.yml.")
    return found


def find_unmarked(resource_type: ResourceType, task: Task, is_fresh: bool) -> Json | None:
    """Return what has the name and was not there before an interrupted task began to make it.

    Raises TaskError if that is more than one object.
    """
    attempt = find_attempt(task.directory, task.type_name, task.old_id)
    if attempt is None or attempt.recorded != _read_row(task):
        return None
    found = [
        item
        for item in resource_type.list_all(task.cloud, {})
        if item["name"] == task.name and item["id"] not in attempt.existing
    ]
    if len(found) > 1:
        ids = ", ".join(sorted(str(item["id"]) for item in found))
        why = f"{len(found)} objects may be the one that an interrupted run made: {ids}"
        raise TaskError("look-up", why, f"Put the one to use into {RECORD_FILE}.")
    return found[0] if found else None


def create_unmarked(resource_type: ResourceType, task: Task) -> Json:
    """Create an object that has no place for a marker, once it is noted what there is already."""
    existing = [str(item["id"]) for item in resource_type.list_all(task.cloud, {})]
    attempt = Attempt(task.type_name, task.old_id, existing, _read_row(task))
    note_attempt(task.directory, attempt)
    return create_marked(resource_type, task)


def _read_row(task: Task) -> str | None:
    return task.record.find_new_id(task.type_name, task.old_id)


def create_marked(resource_type: ResourceType, task: Task) -> Json:
    """Create the object with its marker, of the task's arguments."""
    return create_with(resource_type, task, {})


def create_with(resource_type: ResourceType, task: Task, more: Json) -> Json:
    """Create the object with its marker; `more` goes into the body beside the arguments."""
    body = build_marked_body(resource_type, task) | more
    # From here on what was read before the fork is out of date for this type.
    task.cloud.known.pop(resource_type.name, None)
    request = resource_type.extend_request(task, resource_type.wrap(body))
    return resource_type.post(task.cloud, request)


def build_marked_body(resource_type: ResourceType, task: Task) -> Json:
    """Return the body of the creating request, with the marker and the source's tags."""
    body = resource_type.extend_body(
        task, build_body(resource_type.list_arguments(), task.arguments)
    )
    tags = resource_type.choose_tags(task)
    resource_type.marker.mark_body(task.cloud, body, resource_type.make_marker(task), tags)
    return body


def settle_marked(resource_type: ResourceType, task: Task, found: Json) -> Json:
    """Give a new object its tags and its name, where the creating request could not.

    One that destination.yml names is not ours to mark.
    """
    if task.arguments.get("use"):
        return resource_type.adopt(task, found)
    marker, tags = resource_type.make_marker(task), resource_type.choose_tags(task)
    wanted = Wanted(marker, tags, task.arguments)
    return resource_type.marker.settle(task.cloud, resource_type.path, found, wanted)


def read_marked(resource_type: ResourceType, cloud: Cloud) -> list[Json] | None:
    """Return all that may be marked, in one listing; None if there is too much of it."""
    resource_type.marker.prepare(cloud)
    query = resource_type.marker.make_known_query(cloud)
    return None if query is None else resource_type.list_all(cloud, query)


def get_tags(task: Task) -> list[str]:
    """Return the tags that the task asks for."""
    return list(task.arguments.get("tags") or ())


def keep(task: Task, given: Json) -> Json:
    """Add nothing to what follows from the arguments, and change nothing of a chosen object."""
    return given


def finish_nothing(task: Task, obtained: Obtained) -> bool:
    """Leave the object as it is."""
    return False


def is_always_recorded(task: Task) -> bool:
    """Whether the object gets a row in uuids.csv: yes."""
    return True


def find_no_substitute(task: Task) -> Result | None:
    """Say that the object is needed whatever there is."""
    return None


@dataclass(frozen=True, kw_only=True, eq=False)
class ResourceType(Module):
    """A type of resource: its place in the API, the place of its marker, and its exceptions.

    `name` is its name in uuids.csv, `service` and `path` are where it is created, `key` wraps the
    body of one object ("" for glance, which wraps nothing), `listing` is the path of the listing
    where it differs from `path`, `plural` the listing's key where it does not follow from `path`.
    What has a function for a default is a step that a type may have a function of its own for; the
    first group gets the type, so that it can use the step that it extends.
    """

    service: str
    path: str
    key: str
    marker: MarkerPlace
    listing: str = ""
    plural: str = ""
    microversion: str | None = None
    # One that is used as far as the cloud has it, instead.
    newest_microversion: str = ""
    # Whether the objects have names of their own; else the argument is but a label.
    has_name: bool = True
    services: tuple[str, ...] = ()
    returns: tuple[Returned, ...] = field(default=BOTH_IDS)
    # The first sentence of the documentation, where it is not about creating.
    opening: str = "Creates a {type}, or uses the one that stands for the old id already."

    fetch: Callable[[ResourceType, Cloud, str], Json | None] = fetch_object
    read_known: Callable[[ResourceType, Cloud], list[Json] | None] = read_marked
    find: Callable[[ResourceType, Task, bool], Json | None] = find_own
    create: Callable[[ResourceType, Task], Json] = create_marked
    settle: Callable[[ResourceType, Task, Json], Json] = settle_marked

    # What is done to an object that destination.yml names for use.
    adopt: Callable[[Task, Json], Json] = keep
    # The body of the creating request, before it is marked and wrapped, and afterwards.
    extend_body: Callable[[Task, Json], Json] = keep
    extend_request: Callable[[Task, Json], Json] = keep
    choose_tags: Callable[[Task], list[str]] = get_tags
    is_recorded: Callable[[Task], bool] = is_always_recorded
    # A result that makes the object needless; asked before anything else.
    find_substitute: Callable[[Task], Result | None] = find_no_substitute
    # What every run makes sure of; whether anything was (or would be) changed.
    finish: Callable[[Task, Obtained], bool] = finish_nothing
    # What messages call it, where that depends on the arguments.
    label_by: Callable[[Mapping[str, Any]], str] | None = None

    def __post_init__(self) -> None:
        """Fill in what follows from the name and the service."""
        for name, value in (
            ("services", self.services or (self.service,)),
            ("summary", self.summary or f"creates a {self.name}"),
            ("plural", self.plural or self.path.strip("/").replace("-", "_")),
        ):
            object.__setattr__(self, name, value)

    def list_arguments(self) -> tuple[Argument, ...]:
        """Return the arguments with those that all types have."""
        return (CLOUD, OLD_ID, NAME if self.has_name else LABEL, *self.arguments)

    def list_description(self) -> list[str]:
        """Return the sentences that document the module, one item per subject."""
        if isinstance(self.marker, NoMarker):
            identity = f"A {self.name} has no place for a marker. {self.marker.reason}"
        else:
            identity = (
                "A row of C(uuids.csv) for the old id is honoured, then an object with the marker "
                f"C({MARKER_PREFIX}<old id>); only if there is neither is the {self.name} created."
            )
        return [self.fill(self.opening), identity, *self.description]

    def choose_label(self, given: Mapping[str, Any]) -> str:
        """Return what messages call the resource."""
        return self.label_by(given) if self.label_by else super().choose_label(given)

    def prepare(self, cloud: Cloud) -> None:
        """Log in and read once what all tasks of this type would look for one by one."""
        super().prepare(cloud)
        if self.name not in cloud.known:
            known = self.read_known(self, cloud)
            if known is not None:
                cloud.known[self.name] = known

    def act(self, task: Task) -> Result:
        """Obtain the object and finish it; raises TaskError."""
        substitute = self.find_substitute(task)
        if substitute is not None:
            return substitute
        obtained = obtain(task, self.bind_steps())
        has_changed = self.finish(task, obtained)
        return {
            "changed": obtained.has_changed or has_changed,
            "id": obtained.new_id,
            "old_id": task.old_id,
        }

    def bind_steps(self) -> Steps:
        """Return the steps of the algorithm for this type."""
        return _BoundSteps(
            self._fetch_known,
            partial(self.find, self),
            partial(self.create, self),
            partial(self.settle, self),
            self.is_recorded,
        )

    def is_ours(self, task: Task, found: Json) -> bool:
        """Whether downpour made the object: only then may anything about it be changed."""
        return self.marker.is_marked(found, self.make_marker(task))

    def make_marker(self, task: Task) -> str:
        """Return the marker of the task's resource, "" if the type has no place for one.

        Such a type may have old ids that no tag could hold: a keypair's is its name. Raises
        TaskError for any other type's.
        """
        return "" if isinstance(self.marker, NoMarker) else make_marker(task.old_id)

    def wrap(self, body: Json) -> Json:
        """Return the request with this body."""
        return {self.key: body} if self.key else body

    def unwrap(self, answer: Json) -> Json:
        """Return the object inside an answer; raises TaskError if there is none."""
        found = answer.get(self.key) if self.key else answer
        if not isinstance(found, dict) or not found.get("id"):
            raise TaskError(f"{self.service} {self.path}", "the answer holds no object")
        return found

    def choose_microversion(self, cloud: Cloud) -> str | None:
        """Return the microversion of all requests about objects of this type."""
        if self.newest_microversion:
            return cloud.limit_microversion(self.service, self.newest_microversion)
        return self.microversion

    def post(self, cloud: Cloud, request: Json) -> Json:
        """Send the creating request and return what the API tells of the object."""
        microversion = self.choose_microversion(cloud)
        return self.unwrap(cloud.post(self.service, self.path, request, microversion))

    def list_all(self, cloud: Cloud, query: Query) -> list[Json]:
        """Return the objects that the query names; raises TaskError."""
        path = self.listing or self.path
        microversion = self.choose_microversion(cloud)
        return cloud.list_all(self.service, path, self.plural, query, microversion)

    def list_marked(self, cloud: Cloud, marker: str, is_fresh: bool = False) -> list[Json]:
        """Return the project's objects with the marker: one, or none, or (a copied one) more.

        Uses what was read before the fork, unless a fresh answer is asked for.
        """
        if not is_fresh and self.name in cloud.known:
            return [item for item in cloud.known[self.name] if self.marker.is_marked(item, marker)]
        found: dict[str, Json] = {}
        for query in self.marker.make_queries(cloud, marker):
            for item in self.list_all(cloud, query):
                # A service that does not know a filter may leave it out in silence.
                if self.marker.is_marked(item, marker):
                    found[item["id"]] = item
            if found:
                break
        return list(found.values())

    def _fetch_known(self, task: Task, new_id: str) -> Json | None:
        for item in task.cloud.known.get(self.name, ()):
            if item.get("id") == new_id:
                return item
        return self.fetch(self, task.cloud, new_id)


@dataclass(frozen=True)
class _BoundSteps:
    """The steps of one type, as the algorithm calls them."""

    fetch: Callable[[Task, str], Json | None]
    find: Callable[[Task, bool], Json | None]
    create: Callable[[Task], Json]
    settle: Callable[[Task, Json], Json]
    is_recorded: Callable[[Task], bool]
