"""What a resource type is to the exporter: facts are declared, exceptions are named functions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from downpour.resources.captures import Capture
from downpour.resources.inventory import Inventory
from downpour.resources.model import (
    Attributes,
    DestinationValue,
    Key,
    Listing,
    Options,
    Reference,
    Resource,
    Task,
)
from downpour.resources.scope import Scope

_NO_DEFAULT = object()
# Tags of an earlier move, in a source that was its destination: they name other objects.
_MARKER = "downpour:"


@dataclasses.dataclass(frozen=True)
class Field:
    """An attribute that is carried.

    It is left out of the task when it is absent (unless ``is_null_kept``) or equal to the API's
    own ``default``. ``argument`` is the task's name for it where that differs.
    """

    name: str
    default: Any = _NO_DEFAULT
    argument: str = ""
    is_null_kept: bool = False

    def select(self, attributes: Attributes) -> Iterator[tuple[str, Any]]:
        """Yield ``(argument, value)`` if the task has to say it."""
        if self.name not in attributes:
            return
        value = attributes[self.name]
        if value is None and not self.is_null_kept:
            return
        if self.name == "tags":
            # Glance tells them in another order each time.
            value = sorted(tag for tag in value if not tag.startswith(_MARKER))
        if value != self.default or type(value) is not type(self.default):
            yield self.argument or self.name, value


@dataclasses.dataclass(frozen=True)
class Selector:
    """An option of ``downpour query``; patterns are matched against any of the ``read`` texts."""

    option: str
    help: str
    read: Callable[[Resource, Inventory], Iterable[str]] = lambda resource, inventory: (
        resource.name,
    )


@dataclasses.dataclass(frozen=True)
class Section:
    """The type's section of the resource file: its name, the keys beside name and id, selectors."""

    name: str
    selectors: tuple[Selector, ...]
    keys: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Wait:
    """The one task that comes once all resources of a type exist, and waits for all of them."""

    module: str
    what: str
    argument: str
    describe: Callable[[Resource, Scope], dict[str, Any]]


def bring_nothing(resource: Resource, options: Options, inventory: Inventory) -> Iterable[Key]:
    """Say that a resource of this type needs nothing beside its ``needs``."""
    return ()


def refuse_nothing(resource: Resource, scope: Scope) -> Iterable[str]:
    """Say that every resource of this type can be carried."""
    return ()


def describe_nothing(resource: Resource, scope: Scope) -> dict[str, Any]:
    """Add no arguments to those that the fields give, and tell nothing."""
    return {}


def add_no_tasks(resource: Resource, scope: Scope) -> Iterable[Task]:
    """Say that creating a resource of this type takes no other tasks."""
    return ()


def capture_nothing(resource: Resource, scope: Scope) -> Capture | None:
    """Say that resources of this type have no bytes."""
    return None


def add_no_attributes(resource: Resource, inventory: Inventory) -> Attributes:
    """Say that a resource's own document tells all of it."""
    return {}


@dataclasses.dataclass(frozen=True)
class ResourceType:
    """All that the exporter knows about one kind of resource.

    ``sdk_class`` is ``module:class`` of openstacksdk, whose every attribute must be in exactly one
    of ``fields``, ``needs``, ``special`` (handled by this type's functions), ``dropped`` (lost
    when set, with the reason) and ``read_only`` (nothing a tenant could ask for).

    ``needs`` are attributes that hold the id of another resource and become an argument, ``links``
    are those that ``describe`` puts elsewhere. Either come along, and what is of the same type is
    made first. Without a need in ``vital`` the resource is lost. The functions:

    ``bring``
        what comes along beside the needs
    ``refuse``
        why a resource cannot be carried at all
    ``owner``
        what it is a part of, and lost with
    ``describe``
        the arguments that fields and needs do not give; it tells what it leaves out
    ``prepare``, ``complete``
        tasks of other modules: before the one that creates it, and when all of the type exist
    ``capture``
        how its bytes are taken
    ``choose``
        the choice in ``destination.yml`` for one of an id that the project does not own
    ``add_attributes``
        what the manifest tells of it beside its own document
    """

    name: str
    sdk_class: str
    listing: Listing
    fields: tuple[Field, ...]
    read_only: frozenset[str]
    needs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    vital: frozenset[str] = frozenset()
    links: Mapping[str, str] = dataclasses.field(default_factory=dict)
    special: frozenset[str] = frozenset()
    dropped: Mapping[str, str] = dataclasses.field(default_factory=dict)
    volatile: frozenset[str] = frozenset()
    module: str = ""
    section: Section | None = None
    is_borrowable: bool = False
    more_listings: tuple[Listing, ...] = ()
    wait: Wait | None = None
    bring: Callable[[Resource, Options, Inventory], Iterable[Key]] = bring_nothing
    refuse: Callable[[Resource, Scope], Iterable[str]] = refuse_nothing
    owner: Callable[[Resource], Key | None] = lambda resource: None
    describe: Callable[[Resource, Scope], dict[str, Any]] = describe_nothing
    prepare: Callable[[Resource, Scope], Iterable[Task]] = add_no_tasks
    complete: Callable[[Resource, Scope], Iterable[Task]] = add_no_tasks
    capture: Callable[[Resource, Scope], Capture | None] = capture_nothing
    choose: Callable[[str, Inventory], DestinationValue] | None = None
    add_attributes: Callable[[Resource, Inventory], Attributes] = add_no_attributes
    is_owned: Callable[[Resource, str], bool] = lambda resource, project_id: True

    @property
    def task_file(self) -> str:
        """The name of the file in ``tasks/`` that creates resources of this type."""
        return f"{self.module}s"

    def list_vital(self, resource: Resource) -> Iterator[Key]:
        """Yield the identity of everything without which ``resource`` is lost."""
        return (
            key for attribute, key in _list_set(self.needs, resource) if attribute in self.vital
        )

    def list_earlier(self, resource: Resource) -> Iterator[Key]:
        """Yield the identity of everything that is to be made before ``resource``."""
        return (key for _, key in _list_set({**self.needs, **self.links}, resource))

    def bring_all(
        self, resource: Resource, options: Options, inventory: Inventory
    ) -> Iterator[Key]:
        """Yield the identity of everything that has to come along with ``resource``."""
        yield from self.list_earlier(resource)
        yield from self.bring(resource, options, inventory)

    def build_arguments(self, resource: Resource, scope: Scope) -> dict[str, Any]:
        """Return the arguments of the task that creates ``resource``; tell what they leave out."""
        arguments: dict[str, Any] = {"old_id": resource.id, "name": resource.name}
        for field in self.fields:
            arguments.update(field.select(resource.attributes))
        choices: dict[str, Any] = {}
        for attribute, key in _list_set(self.needs, resource):
            argument, found = attribute.removesuffix("_id"), scope.refer_or_choose(resource, key)
            if isinstance(found, DestinationValue):
                choices[argument] = found
            elif found is not None:
                arguments[argument] = found
        for attribute, reason in self.dropped.items():
            if resource[attribute]:
                scope.omit(resource, f"{attribute} is left out: {reason}")
        return {**arguments, **self.describe(resource, scope), **choices}

    def build_tasks(self, resource: Resource, scope: Scope) -> Iterator[Task]:
        """Yield the tasks that create ``resource``; tell what of it they leave out."""
        yield from self.prepare(resource, scope)
        yield Task(
            what=resource.type.capitalize(),
            module=self.module,
            arguments=self.build_arguments(resource, scope),
            file=self.task_file,
            subject=resource,
            creates=Reference(*resource.key),
        )

    def document(self, resource: Resource, inventory: Inventory) -> dict[str, Any]:
        """Return what the manifest tells of ``resource``: all that does not change by itself."""
        document = {
            # The order of tags means nothing, and glance changes it.
            name: sorted(value) if name == "tags" and value else value
            for name, value in sorted(resource.attributes.items())
            if name not in self.volatile
        }
        return {**document, **self.add_attributes(resource, inventory)}


def _list_set(needs: Mapping[str, str], resource: Resource) -> Iterator[tuple[str, Key]]:
    """Yield each attribute that holds the id of another resource, and that one's identity."""
    for attribute, type_name in needs.items():
        if resource[attribute]:
            yield attribute, (type_name, resource[attribute])
