"""What a bundle holds: the plan together with the files that its bytes became."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from downpour.bundle.layout import FILES
from downpour.plan import Plan
from downpour.resources.inventory import Inventory
from downpour.resources.model import DataFile, Key, Options, Resource


@dataclasses.dataclass(frozen=True)
class Contents:
    """The plan, and ``data``: the saved bytes of each resource that has any.

    ``variables`` names each resource in the playbook.
    """

    plan: Plan
    data: Mapping[Key, DataFile]
    variables: Mapping[Key, str]

    @property
    def inventory(self) -> Inventory:
        """The listings of the source project."""
        return self.plan.inventory

    def holds(self, type_name: str, source_id: str | None) -> bool:
        """Tell whether the bundle creates this resource."""
        return (type_name, source_id) in self.variables

    def options_for(self, resource: Resource) -> Options:
        """Return what the resource file says about this resource."""
        return self.plan.options.get(resource.key, Options())

    def data_for(self, resource: Resource) -> DataFile | None:
        """Return the bytes that were saved for this resource."""
        return self.data.get(resource.key)

    def file_for(self, resource: Resource) -> str:
        """Return the path in the bundle of this resource's small file (a public key)."""
        return f"{FILES}/{self.variables[resource.key]}.pub"
