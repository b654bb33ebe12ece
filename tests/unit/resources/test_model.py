"""Fields, and what a resource type says about a resource."""

from __future__ import annotations

from typing import Any

import pytest

from downpour.resources.declaration import Field, ResourceType
from downpour.resources.model import Listing, Options, Reference, Resource, Severity
from downpour.resources.scope import Scope
from tests.unit.tenant import Tenant

THING = ResourceType(
    name="thing",
    sdk_class="",
    listing=Listing(""),
    fields=(
        Field("name"),
        Field("enabled", default=True),
        Field("count", default=0),
        Field("gateway", is_null_kept=True),
        Field("tags", default=[]),
        Field("wire:name", argument="plain"),
    ),
    needs={"network_id": "network"},
    dropped={"secret": "nobody knows", "empty": "never told"},
    read_only=frozenset(),
)


def select(field: Field, **attributes: Any) -> dict[str, Any]:
    """Return what a field puts into a task."""
    return dict(field.select(attributes))


@pytest.mark.parametrize("value", [False, 0, "", [], {}])
def test_values_that_look_like_nothing(value: Any) -> None:
    """Only what is not there or null is absent: false, zero and empty things are values."""
    assert select(Field("x"), x=value) == {"x": value}
    assert select(Field("x", default="something"), x=value) == {"x": value}


def test_absent() -> None:
    """What the cloud does not give is not said; null is said where it means something."""
    assert select(Field("x")) == {}
    assert select(Field("x"), x=None) == {}
    assert select(Field("x", is_null_kept=True)) == {}
    assert select(Field("x", is_null_kept=True), x=None) == {"x": None}


def test_defaults_are_left_out() -> None:
    """What the API does by itself is not said, but zero is not false."""
    assert select(Field("x", default=True), x=True) == {}
    assert select(Field("x", default=True), x=1) == {"x": 1}
    assert select(Field("x", default=0), x=False) == {"x": False}
    assert select(Field("x", default=[]), x=[]) == {}


def test_other_names() -> None:
    """An argument may have another name than the attribute."""
    assert select(Field("a:b", argument="b"), **{"a:b": 1}) == {"b": 1}


def test_tags_of_an_earlier_move() -> None:
    """Markers in the source name objects of an earlier move; the others come in one order."""
    field = Field("tags", default=[])
    assert select(field, tags=["b", "downpour:old", "a", "downpourish"]) == {
        "tags": ["a", "b", "downpourish"]
    }
    assert select(field, tags=["downpour:old"]) == {}


def test_arguments() -> None:
    """A task has the identity, what differs from the defaults, and references to what is made."""
    resource = Resource(
        "thing", "id", "label", {"enabled": False, "wire:name": "x", "network_id": "net"}
    )
    tenant = Tenant()
    tenant.add("network")
    network = ("network", "net")
    scope = Scope(tenant.inventory(), {network: Resource(*network, "", {})}, {})
    assert THING.build_arguments(resource, scope) == {
        "old_id": "id",
        "name": "label",
        "enabled": False,
        "plain": "x",
        "network": Reference("network", "net"),
    }


def test_what_is_dropped_is_told_when_it_is_set() -> None:
    """A dropped attribute is an omission with its reason, and none when it has no value."""
    resource = Resource("thing", "id", "label", {"secret": "x", "empty": []})
    scope = Scope(Tenant().inventory(), {}, {})
    THING.build_arguments(resource, scope)
    (finding,) = scope.findings
    assert finding.severity is Severity.OMISSION
    assert finding.reason == "secret is left out: nobody knows"


def test_needs_are_brought() -> None:
    """What a resource needs comes along, if it is set."""
    inventory = Tenant().inventory()
    with_network = Resource("thing", "id", "", {"network_id": "net"})
    assert list(THING.bring_all(with_network, Options(), inventory)) == [("network", "net")]
    assert list(THING.bring_all(Resource("thing", "id", "", {}), Options(), inventory)) == []
