"""What is declared of each of the collection's modules; everything else follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import CLOUD, Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.listings import Listings
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud

Result = dict[str, Any]
# From the listings, the API's document of an object, and what a task asks for (UNSET: nothing) to
# the value of one argument. The last is for what can be said in more than one way.
Reader = Callable[[Listings, Json, Any], Any]


@dataclass(frozen=True)
class Returned:
    """A value that a module's result has beside Ansible's own."""

    name: str
    description: str
    kind: str
    sample: Any
    returned: str = "success"


CHANGED = Returned(
    "changed", "Whether anything was, or in check mode would be, changed.", "bool", False, "always"
)
_NEW_ID = Returned(
    "id",
    "Id of the {type} in the destination; in check mode C((new {type} <old id>)) if there is none "
    "yet.",
    "str",
    "5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d",
)
_OLD_ID = Returned(
    "old_id",
    "Id of the {type} in the source cloud, as it was given.",
    "str",
    "0a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f",
)
# What a task about one resource returns.
BOTH_IDS = (_NEW_ID, _OLD_ID)


@dataclass(frozen=True, kw_only=True, eq=False)
class Module:
    """One of the collection's modules.

    `label` is what messages and `{type}` in descriptions call the thing that it is about,
    `services` are those that it talks to, `example` is YAML, where the arguments
    that each task has to have do not make one. `readers` read arguments back that are
    not in the API's document of the object, by the argument's name.
    """

    name: str
    label: str = ""
    summary: str = ""
    description: tuple[str, ...] = ()
    services: tuple[str, ...]
    arguments: tuple[Argument, ...]
    example: str = ""
    returns: tuple[Returned, ...] = (CHANGED,)
    readers: Mapping[str, Reader] = field(default_factory=dict)

    @property
    def module_name(self) -> str:
        """The name that tasks have for it, without the collection's."""
        return self.name.replace(" ", "_")

    @cached_property
    def all_arguments(self) -> tuple[Argument, ...]:
        """The arguments with those that all modules of this kind have, as they are documented."""
        return tuple(
            replace(argument, description=self.fill(argument.description))
            for argument in self.list_arguments()
        )

    def list_arguments(self) -> tuple[Argument, ...]:
        """Return the arguments with those that all modules of this kind have."""
        return (CLOUD, *self.arguments)

    def list_description(self) -> list[str]:
        """Return the sentences that document the module, one item per subject."""
        return list(self.description)

    def fill(self, text: str) -> str:
        """Return the text with the name of what the module is about."""
        return text.replace("{type}", self.label or self.name)

    def choose_label(self, given: Mapping[str, Any]) -> str:
        """Return what messages call the thing that a task with these arguments is about."""
        return self.label or self.name

    def prepare(self, cloud: Cloud) -> None:
        """Do before the fork, in the parent, what many tasks have in common."""
        cloud.log_in(self.services)

    def act(self, task: Task) -> Result:
        """Do the task's work and return its result; raises TaskError."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation(Module):
    """A module that creates no resource with an id of its own: `work` is all that it does."""

    work: Callable[[Task], Result]

    def act(self, task: Task) -> Result:
        """Do the task's work and return its result; raises TaskError."""
        return self.work(task)
