"""Arguments that are attributes, and what a resource type says about a resource."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import TAGS, Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NoMarker

from downpour.collection import Declaration
from downpour.resources.declaration import ResourceType, select_value
from downpour.resources.model import Listing, Options, Reference, Resource, Severity
from downpour.resources.scope import Scope
from tests.unit.tenant import Tenant

THING = ResourceType(
    declaration=Declaration(
        name="thing",
        service="things",
        path="/things",
        key="thing",
        marker=NoMarker("It needs none."),
        example="",
        arguments=(
            Argument("enabled", "", "bool", implied=True),
            Argument("plain", "", wire="wire:name"),
            Argument("network", "", wire="network_id", refers_to="network", is_required=True),
            TAGS,
        ),
    ),
    sdk_class="",
    listing=Listing("things.things"),
    dropped={"secret": "nobody knows", "empty": "never told"},
    read_only=frozenset(),
)


def select(argument: Argument, **attributes: Any) -> dict[str, Any]:
    """Return what an argument puts into a task."""
    return dict(select_value(argument, attributes))


@pytest.mark.parametrize("value", [False, 0, "", [], {}])
def test_values_that_look_like_nothing(value: Any) -> None:
    """Only what is not there or null is absent: false, zero and empty things are values."""
    assert select(Argument("x", ""), x=value) == {"x": value}
    assert select(Argument("x", "", implied="something"), x=value) == {"x": value}


def test_absent() -> None:
    """What the cloud does not give is not said; null is said where it means something."""
    assert select(Argument("x", "")) == {}
    assert select(Argument("x", ""), x=None) == {}
    assert select(Argument("x", "", is_null_kept=True)) == {}
    assert select(Argument("x", "", is_null_kept=True), x=None) == {"x": None}


def test_defaults_are_left_out() -> None:
    """What the API does by itself is not said, but zero is not false."""
    assert select(Argument("x", "", implied=True), x=True) == {}
    assert select(Argument("x", "", implied=True), x=1) == {"x": 1}
    assert select(Argument("x", "", implied=0), x=False) == {"x": False}
    assert select(Argument("x", "", implied=[]), x=[]) == {}


def test_other_names() -> None:
    """An argument may have another name than the attribute."""
    assert select(Argument("b", "", wire="a:b"), **{"a:b": 1}) == {"b": 1}


def test_tags_of_an_earlier_move() -> None:
    """Markers in the source name objects of an earlier move; the others come in one order."""
    assert select(TAGS, tags=["b", "downpour:old", "a", "downpourish"]) == {
        "tags": ["a", "b", "downpourish"]
    }
    assert select(TAGS, tags=["downpour:old"]) == {}


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
