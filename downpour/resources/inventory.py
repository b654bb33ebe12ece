"""What the source cloud holds, by type and id; each listing is read once, when first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from downpour.resources.model import Attributes, Key, Resource, ResourceType


class Inventory:
    """The listings of one project as resources.

    ``read_listing`` gives the documents of a listing such as ``network.subnets`` and must itself
    remember them: several types may share a listing. ``types`` is the table of resource types.
    """

    def __init__(
        self,
        types: Mapping[str, ResourceType],
        read_listing: Callable[[str], Iterable[Attributes]],
        project_id: str,
    ) -> None:
        self.types = types
        self.project_id = project_id
        self._read_listing = read_listing
        self._by_type: dict[str, dict[str, Resource]] = {}

    def read_type(self, type_name: str) -> dict[str, Resource]:
        """Return all visible resources of a type by id, whoever owns them."""
        if type_name not in self._by_type:
            self._by_type[type_name] = {
                resource.id: resource
                for resource in (
                    Resource(type_name, document["id"], document.get("name") or "", document)
                    for document in self._read_listing(self.types[type_name].listing)
                )
            }
        return self._by_type[type_name]

    def get(self, key: Key) -> Resource | None:
        """Return one resource, ``None`` when the tenant cannot see such a one."""
        type_name, source_id = key
        return self.read_type(type_name).get(source_id)

    def is_owned(self, resource: Resource) -> bool:
        """Tell whether a resource belongs to the project (and so is carried, not referenced)."""
        return self.types[resource.type].is_owned(resource, self.project_id)

    def read_flavors(self) -> list[Attributes]:
        """Return the flavors that the tenant may use."""
        return list(self._read_listing("compute.flavors"))

    def read_floating_ips(self) -> list[Attributes]:
        """Return the project's floating IPs; servers tell theirs only some time later."""
        return sorted(
            self._read_listing("network.ips"), key=lambda address: address["floating_ip_address"]
        )

    def read_server_groups(self) -> list[Attributes]:
        """Return the project's server groups with the ids of their members."""
        return list(self._read_listing("compute.server_groups"))
