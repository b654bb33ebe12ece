"""What is carried and what is lost, and the place where that is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from downpour.resources.model import (
    DestinationValue,
    Finding,
    Key,
    Options,
    Reference,
    Resource,
    Severity,
    describe_resource,
)

if TYPE_CHECKING:
    from downpour.resources.inventory import Inventory

FOREIGN = "it belongs to another project"
_LOST = "it cannot be carried"


class Scope:
    """What a type's functions may ask about the rest of an export, and where they tell findings.

    Whoever leaves something out asks :meth:`refer` or calls :meth:`omit`: there is no other way to
    learn whether something is carried while arguments are made.
    """

    def __init__(
        self, inventory: Inventory, members: Mapping[Key, Resource], options: Mapping[Key, Options]
    ) -> None:
        self.inventory = inventory
        self.members = members
        self._options = options
        self._lost: dict[Key, str] = {}
        # A mapping to nothing keeps the order and drops what is told twice.
        self._findings: dict[Finding, None] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was told so far, each once."""
        return tuple(self._findings)

    def options_for(self, resource: Resource) -> Options:
        """Return what the resource file says about a resource, or the defaults."""
        return self._options.get(resource.key, Options())

    def is_member(self, key: Key) -> bool:
        """Tell whether the walk came to a resource, carried or lost."""
        return key in self.members

    def is_lost(self, key: Key) -> bool:
        """Tell whether a resource that the walk came to cannot be carried."""
        return key in self._lost

    def is_carried(self, key: Key) -> bool:
        """Tell whether the bundle creates a resource."""
        return key in self.members and key not in self._lost

    def lose(self, resource: Resource, reasons: list[str]) -> None:
        """Give a resource up, and tell why."""
        self._lost[resource.key] = reasons[0]
        for reason in reasons:
            self.omit(resource, reason)

    def omit(self, resource: Resource, reason: str) -> None:
        """Tell that something of ``resource`` is left behind."""
        self._tell(Severity.OMISSION, resource, reason)

    def note(self, resource: Resource, reason: str) -> None:
        """Tell what a person should know about ``resource``."""
        self._tell(Severity.NOTE, resource, reason)

    def refer(
        self, resource: Resource, key: Key, subject: str, absence: str = FOREIGN
    ) -> Reference | None:
        """Return the reference to what the bundle creates; else tell that it is left out.

        ``subject`` begins the finding, such as "its port 1c0f…"; ``absence`` is the reason where
        the project does not own the other, or does not see it.
        """
        if self.is_carried(key):
            return Reference(*key)
        reason = _LOST if self.is_lost(key) else absence
        self.omit(resource, f"{subject} is left out: {reason}")
        return None

    def refer_or_choose(self, resource: Resource, key: Key) -> Reference | DestinationValue | None:
        """Return the reference to what the bundle creates, else a choice in ``destination.yml``.

        There is a choice for the types that declare one, where the project does not own the other.
        """
        choose = self.inventory.types[key[0]].choose
        if choose is not None and not self.is_member(key):
            return choose(key[1], self.inventory)
        found = self.inventory.get(key)
        label = describe_resource(found) if found else " ".join(key)
        return self.refer(resource, key, f"its {label}")

    def _tell(self, severity: Severity, resource: Resource, reason: str) -> None:
        finding = Finding(severity, resource.type, resource.id, resource.name, reason)
        self._findings[finding] = None
