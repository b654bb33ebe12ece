"""The values that flow from the listings to the rendered playbook.

Attributes carry the names of the API's documents (``enable_dhcp``, ``binding:vnic_type``), not
those of the SDK's Python classes. "Absent" means ``None`` or not there: ``False``, ``0``, ``""``
and ``[]`` are values.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from downpour.text import printable, quoted

Key = tuple[str, str]  # (resource type, source id): the identity of everything
Attributes = Mapping[str, Any]


class DocumentReader(Protocol):
    """A cloud, as far as the functions of listings use it."""

    def read_document(
        self, service: str, path: str, parameters: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return one document as sent; raises the SDK's exceptions."""


@dataclasses.dataclass(frozen=True)
class Listing:
    """What a cloud is asked for to see all resources of a type.

    ``name`` is service and call of openstacksdk, such as ``network.subnets``. Where that call does
    not give the documents as they are, or where they stand in (or below) those of another type,
    ``read`` yields them.
    """

    name: str
    read: Callable[[DocumentReader], Iterator[Attributes]] | None = None


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


def describe_resource(resource: Resource) -> str:
    """Return type, name and id, for a message; a keypair's name is its id and stands there once."""
    if resource.id == resource.name:
        return f"{resource.type} {quoted(resource.name)}"
    return f"{resource.type} {quoted(resource.name)} ({printable(resource.id)})"


@dataclasses.dataclass(frozen=True)
class Options:
    """What the resource file asks for beyond naming a resource."""

    is_state_saved: bool = True
    key_name: str | None = None


class Severity(enum.Enum):
    """Whether a finding means that the bundle holds less than was asked for."""

    OMISSION = "omission"
    NOTE = "note"


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something of a resource that is not carried, or that a person should know.

    Without an ``id`` it is about all resources of the type.
    """

    severity: Severity
    type: str
    id: str
    name: str
    reason: str


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


@dataclasses.dataclass(frozen=True)
class Reference:
    """An argument of a task that is the new id of something this bundle creates.

    ``part`` names what is created beside the resource itself, such as a server's root disk.
    """

    type: str
    id: str
    part: str = ""

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


@dataclasses.dataclass(frozen=True)
class SavedFile:
    """An argument of a task that is known when the bytes of ``key`` are saved.

    ``fact`` is a field of :class:`DataFile`. ``references`` are the names of properties whose
    values are ids of resources of a type: they become references, or are left out.
    """

    key: Key
    fact: str
    references: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class WrittenFile:
    """An argument of a task that is the path of a small file with ``content``."""

    key: Key
    suffix: str
    content: str


@dataclasses.dataclass(frozen=True)
class Task:
    """One task of the playbook, finished but for its placeholders.

    Those are the values :class:`Reference`, :class:`DestinationValue`, :class:`SavedFile` and
    :class:`WrittenFile` at any depth of ``arguments``. ``what`` and the subject's name make the
    title; ``file`` is the name of the file in ``tasks/``.
    """

    what: str
    module: str
    arguments: Mapping[str, Any]
    file: str
    subject: Resource | None = None
    creates: Reference | None = None
