"""An argument of a module: all that is known of it, for every direction that it is used in."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ansible_collections.downpour.cloud.plugins.plugin_utils.comparison import is_same_set
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import MARKER_PREFIX
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

Kind = Literal["str", "int", "bool", "list", "dict", "path"]


class Unset(enum.Enum):
    """The type of UNSET."""

    UNSET = "unset"


# "Nothing is said", where None is a value.
UNSET: Final = Unset.UNSET


# Compared by identity: a default may be a list, which has no hash.
@dataclass(frozen=True, eq=False)
class Argument:
    """One argument of a task, or one key of an argument that is a mapping.

    In `description`, `{type}` stands for what the module is about. `wire` is the API's name of it:
    "" is the same name, None is none at all. It is sent when the object is created if `is_in_body`,
    and it is read back by `read`, else by its wire name; `unreadable` is the reason why it cannot
    be. `implied` is what the API makes of it when it is left out. `refers_to` is the type of
    resource whose id in the destination it is (each element of a list).
    """

    name: str
    description: str
    kind: Kind = "str"
    elements: Kind | None = None
    options: tuple[Argument, ...] = ()
    wire: str | None = ""
    is_in_body: bool = True
    is_required: bool = False
    default: Any = UNSET
    implied: Any = UNSET
    choices: tuple[Any, ...] = ()
    is_null_kept: bool = False
    refers_to: str = ""
    # From the API's document to the value; UNSET if this document does not tell.
    read: Callable[[Json], Any] | None = None
    # Whether (wanted, found) mean the same, where that is not their being equal.
    is_same: Callable[[Any, Any], bool] | None = None
    unreadable: str = ""

    @property
    def wire_name(self) -> str | None:
        """The API's name of it, None if there is nothing of this name in its documents."""
        return self.name if self.wire == "" else self.wire

    def build(self, given: Any) -> Any:
        """Return the value as the API wants it: wire names at every depth, no nulls below."""
        if not self.options:
            return given
        if isinstance(given, list):
            return [build_body(self.options, item) for item in given]
        return None if given is None else build_body(self.options, given)

    def read_value(self, document: Json) -> Any:
        """Return the value that the API's document has; UNSET if it does not tell."""
        if self.read is not None:
            return self.read(document)
        if self.wire_name is None or self.unreadable:
            return UNSET
        found = document.get(self.wire_name)
        if self.options and isinstance(found, list):
            return [read_options(self.options, item) for item in found]
        return read_options(self.options, found) if self.options and found else found


def build_body(arguments: tuple[Argument, ...], given: Mapping[str, Any]) -> Json:
    """Return what is given by wire name; null is left out, except where it is a value."""
    body: Json = {}
    for argument in arguments:
        if argument.wire_name is None or not argument.is_in_body or argument.name not in given:
            continue
        value = argument.build(given[argument.name])
        if value is not None or argument.is_null_kept:
            body[argument.wire_name] = value
    return body


def read_options(arguments: tuple[Argument, ...], document: Json) -> Json:
    """Return the arguments that the document tells, in its order; what is absent is left out."""
    found: Json = {}
    order = list(document)
    for argument in sorted(arguments, key=lambda item: _find_place(item.wire_name, order)):
        value = argument.read_value(document)
        if value is not UNSET and (value is not None or argument.is_null_kept):
            found[argument.name] = value
    return found


def _find_place(name: str | None, order: list[str]) -> int:
    return order.index(name) if name in order else len(order)


def read_tags(document: Json) -> list[str]:
    """Return the tags of an object without the collection's own, in alphabetical order."""
    return sorted(tag for tag in document.get("tags") or () if not tag.startswith(MARKER_PREFIX))


CLOUD = Argument(
    "cloud",
    "Name of the cloud in C(clouds.yaml). Null or left out, the environment decides (E(OS_CLOUD) "
    "or the other C(OS_*) variables), as openstacksdk does it.",
    wire=None,
    unreadable="it says where to look, not what is there",
)
OLD_ID = Argument(
    "old_id",
    "Id of the {type} in the source cloud. It is what identifies the {type}.",
    is_required=True,
    wire=None,
    unreadable="it is the source's; the marker holds it",
)
NAME = Argument("name", "Name of the {type}.", is_required=True)
# For a type whose objects have no name.
LABEL = Argument(
    "name",
    "What the {type} is called in messages and in C(uuids.csv).",
    is_required=True,
    wire=None,
    unreadable="it is a label of the bundle's own",
)
DESCRIPTION = Argument("description", "Description of the {type}.", implied="")
ADMIN_STATE_UP = Argument(
    "admin_state_up", "Whether the {type} is up. Left out, it is.", "bool", implied=True
)
USE = Argument(
    "use",
    "Id of a {type} in the destination that is to be used instead. Null means to make one.",
    wire=None,
    unreadable="it is a choice of the person who imports",
)
# Into the creating request it is put with the marker, where the service takes it there.
TAGS = Argument(
    "tags",
    "Tags that the {type} has in the source. The marker is added to them.",
    "list",
    "str",
    is_in_body=False,
    default=[],
    implied=[],
    read=read_tags,
    is_same=is_same_set,
)
