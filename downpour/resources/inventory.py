"""What the source cloud holds, by type and id; each listing is read once, when first needed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Protocol

from downpour.errors import UnavailableError
from downpour.resources.model import Attributes, DestinationValue, Key, Listing, Resource

# From a resource to all values under which an index finds it.
ReadValues = Callable[[Resource], Iterable[Hashable]]


class ListedType(Protocol):
    """What an inventory has to know of a resource type."""

    @property
    def listing(self) -> Listing:
        """The listing that holds all resources of the type."""

    @property
    def label(self) -> str:
        """The attribute that people know a resource by."""

    @property
    def is_owned(self) -> Callable[[Resource, str], bool]:
        """Tell whether a resource belongs to the project of this id."""

    @property
    def choose(self) -> Callable[[str, Inventory], DestinationValue] | None:
        """Return the choice in ``destination.yml`` for one that the project does not own."""


class Inventory:
    """The listings of one project as resources.

    ``read_listing`` gives the documents of a listing and must itself remember them: several types
    may share one. ``types`` is the table of resource types by name. What the cloud has no service
    for, or does not let the project list, is an empty listing; ``unavailable`` says why, by what is
    listed.
    """

    def __init__(
        self,
        types: Mapping[str, ListedType],
        read_listing: Callable[[Listing], Iterable[Attributes]],
        project_id: str,
    ) -> None:
        self.types = types
        self.project_id = project_id
        self.unavailable: dict[str, str] = {}
        self._read_listing = read_listing
        self._by_type: dict[str, dict[str, Resource]] = {}
        self._documents: dict[Listing, dict[str, Attributes]] = {}
        self._indexes: dict[tuple[str, str | ReadValues], dict[Hashable, list[Resource]]] = {}

    def read_type(self, type_name: str) -> dict[str, Resource]:
        """Return all visible resources of a type by id, whoever owns them."""
        if type_name not in self._by_type:
            label = self.types[type_name].label
            documents = self._read_available(self.types[type_name].listing, type_name)
            self._by_type[type_name] = {
                document["id"]: Resource(
                    type_name, document["id"], document.get(label) or "", document
                )
                for document in documents
            }
        return self._by_type[type_name]

    def get(self, key: Key) -> Resource | None:
        """Return one resource, ``None`` when the tenant cannot see such a one."""
        type_name, source_id = key
        return self.read_type(type_name).get(source_id)

    def find_by(self, type_name: str, values: str | ReadValues, value: Hashable) -> list[Resource]:
        """Return the resources of a type of which an attribute has a value, in the listing's order.

        ``values`` is the attribute's name, or a function that gives all values of a resource. The
        type is gone through once for each of them, however often one asks.
        """
        index = self._indexes.get((type_name, values))
        if index is None:
            index = self._indexes[type_name, values] = {}
            for resource in self.read_type(type_name).values():
                found = [resource[values]] if isinstance(values, str) else values(resource)
                for item in dict.fromkeys(found):
                    index.setdefault(item, []).append(resource)
        return index.get(value, [])

    def is_owned(self, resource: Resource) -> bool:
        """Tell whether a resource belongs to the project (and so is carried, not referenced)."""
        return self.types[resource.type].is_owned(resource, self.project_id)

    def read_documents(self, listing: Listing) -> dict[str, Attributes]:
        """Return a listing of what is never carried, such as flavors, by id."""
        if listing not in self._documents:
            label = listing.name.rpartition(".")[2].replace("_", " ")
            documents = self._read_available(listing, label)
            self._documents[listing] = {document["id"]: document for document in documents}
        return self._documents[listing]

    def _read_available(self, listing: Listing, label: str) -> Iterable[Attributes]:
        try:
            return self._read_listing(listing)
        except UnavailableError as error:
            self.unavailable[label] = error.problems[0].why
            return ()
