"""What a resource type is to the exporter: facts are declared, exceptions are named functions."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from downpour.collection import Argument, Declaration
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

# What services tell of each of their objects, and nobody asks for.
READ_ONLY_EVERYWHERE = frozenset(
    {"created_at", "id", "location", "project_id", "revision_number", "tenant_id", "updated_at"}
)
VOLATILE_EVERYWHERE = frozenset({"revision_number", "updated_at"})


def select_value(argument: Argument, attributes: Attributes) -> Iterator[tuple[str, Any]]:
    """Yield ``(argument, value)`` if the task has to say it.

    It is left out where it is absent (unless null is a value of its own) and where it is what the
    API makes of it when nothing is said.
    """
    if argument.wire_name not in attributes:
        return
    value = argument.read_value(dict(attributes))
    if value is None and not argument.is_null_kept:
        return
    if value != argument.implied or type(value) is not type(argument.implied):
        yield argument.name, value


@dataclasses.dataclass(frozen=True)
class Selector:
    """An option of ``downpour query``; patterns are matched against any of the ``read`` texts."""

    option: str
    help: str
    read: Callable[[Resource, Inventory], Iterable[str]] = lambda resource, inventory: (
        resource.name,
    )


@dataclasses.dataclass(frozen=True)
class FileSection:
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


def is_of_project(resource: Resource, project_id: str) -> bool:
    """Tell whether a resource is the project's; nova and cinder list no others, and do not say."""
    return resource["project_id"] in (None, project_id)


@dataclasses.dataclass(frozen=True)
class ResourceType:
    """All that the exporter knows about one kind of resource.

    ``declaration`` is the collection's side: an argument that an attribute of the same wire name
    gives is carried as it is (``fields``), or, where it is the id of another resource, as a
    reference (``needs``; without a required one the resource is lost). A type that is made as a
    part of another has none, but ``name`` and ``arguments``. ``label`` is the attribute that people
    know it by.

    ``sdk_class`` is ``module:class`` of openstacksdk, whose every attribute must be in exactly one
    of ``fields``, ``needs``, ``links`` (ids of others that ``describe`` has a place for),
    ``special`` (handled by this type's functions), ``dropped`` (lost when set, with the reason) and
    ``read_only`` (nothing a tenant could ask for), or be so everywhere. Needs and links come along,
    and what is of the same type is made first. The functions:

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

    sdk_class: str
    listing: Listing
    read_only: frozenset[str]
    declaration: Declaration | None = None
    name: str = ""
    arguments: tuple[Argument, ...] = ()
    label: str = "name"
    links: Mapping[str, str] = dataclasses.field(default_factory=dict)
    special: frozenset[str] = frozenset()
    dropped: Mapping[str, str] = dataclasses.field(default_factory=dict)
    volatile: frozenset[str] = frozenset()
    section: FileSection | None = None
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
    is_owned: Callable[[Resource, str], bool] = is_of_project

    def __post_init__(self) -> None:
        """Take over name and arguments of the declaration."""
        if self.declaration is not None:
            object.__setattr__(self, "name", self.declaration.name)
            object.__setattr__(self, "arguments", self.declaration.all_arguments)

    @functools.cached_property
    def fields(self) -> tuple[Argument, ...]:
        """The arguments that are attributes of the same meaning, carried as they are."""
        return tuple(item for item in self._plain if not item.refers_to)

    @functools.cached_property
    def needs(self) -> dict[str, Argument]:
        """The arguments that are references to other resources, by attribute."""
        return {str(item.wire_name): item for item in self._plain if item.refers_to}

    @functools.cached_property
    def _plain(self) -> tuple[Argument, ...]:
        decided = self.special | self.read_only | READ_ONLY_EVERYWHERE | self.dropped.keys()
        return tuple(
            item
            for item in self.arguments
            if item.wire_name is not None and item.wire_name not in decided
        )

    @property
    def module(self) -> str:
        """The collection's module that creates a resource of this type; "" for a part of others."""
        return self.declaration.module_name if self.declaration else ""

    @property
    def task_file(self) -> str:
        """The name of the file in ``tasks/`` that creates resources of this type."""
        return f"{self.module}s"

    def select(self, resource: Resource, names: Iterable[str]) -> dict[str, Any]:
        """Return those of the named arguments that the task has to say."""
        chosen = {argument.name: argument for argument in self.arguments}
        return dict(
            pair for name in names for pair in select_value(chosen[name], resource.attributes)
        )

    def list_vital(self, resource: Resource) -> Iterator[Key]:
        """Yield the identity of everything without which ``resource`` is lost."""
        for attribute, argument in self.needs.items():
            if argument.is_required and resource[attribute]:
                yield (argument.refers_to, resource[attribute])

    def list_earlier(self, resource: Resource) -> Iterator[Key]:
        """Yield the identity of everything that is to be made before ``resource``."""
        types = {attribute: item.refers_to for attribute, item in self.needs.items()}
        for attribute, type_name in {**types, **self.links}.items():
            if resource[attribute]:
                yield (type_name, resource[attribute])

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
            arguments.update(select_value(field, resource.attributes))
        choices: dict[str, Any] = {}
        for attribute, argument in self.needs.items():
            if not resource[attribute]:
                continue
            found = scope.refer_or_choose(resource, (argument.refers_to, resource[attribute]))
            if isinstance(found, DestinationValue):
                choices[argument.name] = found
            elif found is not None:
                arguments[argument.name] = found
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
            if name not in self.volatile | VOLATILE_EVERYWHERE
        }
        return {**document, **self.add_attributes(resource, inventory)}
