"""What a resource type is, and the values that flow from the walk to the rendered playbook.

Attributes carry the names of the API's documents (``enable_dhcp``, ``binding:vnic_type``), not
those of the SDK's Python classes. "Absent" means ``None`` or not there: ``False``, ``0``, ``""``
and ``[]`` are values.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from downpour.resources.inventory import Inventory

Key = tuple[str, str]  # (resource type, source id): the identity of everything
Attributes = Mapping[str, Any]
_NO_DEFAULT = object()
# Tags of an earlier move, in a source that was its destination: they name other objects.
_MARKER = "downpour:"
# The collection's own tags: an object that an earlier import made is not that object once more.
_MARKER_PREFIX = "downpour:"


@dataclasses.dataclass(frozen=True)
class Resource:
    """One object of the source cloud, as it was read."""

    type: str
    id: str
    name: str
    attributes: Attributes

    @property
    def key(self) -> Key:
        """The identity, ``(resource type, source id)``."""
        return (self.type, self.id)

    def __getitem__(self, attribute: str) -> Any:
        """Return an attribute's value, ``None`` when the cloud did not give it."""
        return self.attributes.get(attribute)


@dataclasses.dataclass(frozen=True)
class Reference:
    """An argument of a task that is the new id of something this bundle creates."""

    type: str
    id: str

    @property
    def key(self) -> Key:
        """The identity of what is referred to."""
        return (self.type, self.id)


@dataclasses.dataclass(frozen=True)
class DestinationValue:
    """An argument of a task that the person importing chooses in ``destination.yml``.

    ``section`` is one of the sections of that file, ``source`` the source's value (an id or a
    name), ``comment`` the source's facts about it.
    """

    section: str
    source: str
    label: str
    comment: str = ""
    proposal: str | None = None


class Severity(enum.Enum):
    """Whether a finding means that the bundle holds less than was asked for."""

    OMISSION = "omission"
    NOTE = "note"


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something of a resource that is not carried, or that a person should know."""

    severity: Severity
    type: str
    id: str
    name: str
    reason: str


def omission(resource: Resource, reason: str) -> Finding:
    """Return the finding that something of ``resource`` is left behind."""
    return Finding(Severity.OMISSION, resource.type, resource.id, resource.name, reason)


def note(resource: Resource, reason: str) -> Finding:
    """Return the finding that a person should know ``reason`` about ``resource``."""
    return Finding(Severity.NOTE, resource.type, resource.id, resource.name, reason)


@dataclasses.dataclass(frozen=True)
class Options:
    """What the resource file asks for beyond naming a resource."""

    is_state_saved: bool = True
    key_name: str | None = None


@dataclasses.dataclass(frozen=True)
class DataFile:
    """The bytes of a resource in the bundle: ``path`` is relative to the bundle's directory.

    ``properties``, ``min_disk_gib`` and ``min_ram_mib`` are those of the image that the bytes
    were downloaded from.
    """

    path: str
    size_bytes: int
    sha256: str
    sha512: str
    disk_format: str
    container_format: str
    min_disk_gib: int = 0
    min_ram_mib: int = 0
    properties: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Carried(Protocol):
    """What a type's ``extend_arguments`` may ask about the rest of the bundle."""

    @property
    def inventory(self) -> Inventory:
        """The listings of the source project."""

    def holds(self, type_name: str, source_id: str | None) -> bool:
        """Tell whether the bundle creates this resource."""

    def options_for(self, resource: Resource) -> Options:
        """Return what the resource file says about this resource."""

    def data_for(self, resource: Resource) -> DataFile | None:
        """Return the bytes that were saved for this resource, ``None`` when there are none."""

    def file_for(self, resource: Resource) -> str:
        """Return the path in the bundle of this resource's small file (a public key)."""


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


def bring_nothing(resource: Resource, inventory: Inventory) -> Iterable[Key]:
    """Say that a resource of this type needs nothing beside its ``needs``."""
    return ()


def find_nothing(resource: Resource, inventory: Inventory) -> Iterable[Finding]:
    """Say that there is nothing to tell about a resource of this type."""
    return ()


def extend_nothing(resource: Resource, carried: Carried) -> dict[str, Any]:
    """Add no arguments to those that the fields give."""
    return {}


@dataclasses.dataclass(frozen=True)
class ResourceType:
    """The facts about one kind of resource.

    ``sdk_class`` is ``module:class`` of openstacksdk, whose every attribute must be in exactly one
    of ``fields``, ``needs``, ``special`` (handled by this type's functions), ``dropped`` (lost
    when set, with the reason) and ``read_only`` (nothing a tenant could ask for).
    """

    name: str
    sdk_class: str
    listing: str
    fields: tuple[Field, ...]
    read_only: frozenset[str]
    needs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    special: frozenset[str] = frozenset()
    dropped: Mapping[str, str] = dataclasses.field(default_factory=dict)
    volatile: frozenset[str] = frozenset()
    module: str = ""
    task_file: str = ""
    bring: Callable[[Resource, Inventory], Iterable[Key]] = bring_nothing
    find: Callable[[Resource, Inventory], Iterable[Finding]] = find_nothing
    extend_arguments: Callable[[Resource, Carried], dict[str, Any]] = extend_nothing
    is_owned: Callable[[Resource, str], bool] = lambda resource, project_id: True

    def bring_all(self, resource: Resource, inventory: Inventory) -> Iterator[Key]:
        """Yield the identity of everything that has to come along with ``resource``."""
        for attribute, type_name in self.needs.items():
            if resource[attribute]:
                yield (type_name, resource[attribute])
        yield from self.bring(resource, inventory)

    def find_all(self, resource: Resource, inventory: Inventory) -> Iterator[Finding]:
        """Yield what is lost of ``resource`` and what should be known about it."""
        for attribute, reason in self.dropped.items():
            if resource[attribute]:
                yield omission(resource, f"{attribute} is left out: {reason}")
        yield from self.find(resource, inventory)

    def build_arguments(self, resource: Resource, carried: Carried) -> dict[str, Any]:
        """Return the arguments of the task that creates ``resource`` in the destination."""
        arguments: dict[str, Any] = {"old_id": resource.id, "name": resource.name}
        for field in self.fields:
            arguments.update(field.select(resource.attributes))
        for attribute, type_name in self.needs.items():
            if resource[attribute] and carried.holds(type_name, resource[attribute]):
                argument = attribute.removesuffix("_id")
                arguments[argument] = Reference(type_name, resource[attribute])
        arguments.update(self.extend_arguments(resource, carried))
        if "tags" in arguments:
            arguments["tags"] = [
                tag for tag in arguments["tags"] if not tag.startswith(_MARKER_PREFIX)
            ]
        return arguments
