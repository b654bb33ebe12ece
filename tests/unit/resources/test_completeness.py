"""Every attribute of every resource type was decided about, and what is declared really arrives."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator

import pytest

from downpour.collection import Argument
from downpour.resources import RESOURCE_TYPES
from downpour.resources.declaration import READ_ONLY_EVERYWHERE, ResourceType
from tests.unit.tenant import Tenant, choose_value


def list_attributes(resource_type: ResourceType) -> frozenset[str]:
    """The wire names of all body attributes that the SDK's class and its parents declare.

    ``key`` is how the SDK tells body components from headers and computed ones; the classes
    themselves moved from ``openstack.resource`` to ``openstack.fields``.
    """
    module, _, name = resource_type.sdk_class.partition(":")
    sdk_class = getattr(importlib.import_module(module), name)
    return frozenset(
        component.name
        for parent in sdk_class.__mro__
        for component in vars(parent).values()
        if getattr(component, "key", None) == "_body"
    )


def list_decisions(resource_type: ResourceType) -> Counter[str]:
    """How often each attribute was decided about."""
    return Counter(
        [
            *(str(field.wire_name) for field in resource_type.fields),
            *resource_type.needs,
            *resource_type.links,
            *resource_type.special,
            *resource_type.dropped,
            *resource_type.read_only,
        ]
    )


@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_every_attribute_is_decided_about(name: str) -> None:
    """Nothing that the SDK knows about a resource can be lost without anybody having said so."""
    attributes = list_attributes(RESOURCE_TYPES[name]) - READ_ONLY_EVERYWHERE
    assert len(attributes) >= 5, f"{name}: is this still how the SDK declares attributes?"
    undecided = attributes - set(list_decisions(RESOURCE_TYPES[name]))
    assert not undecided, (
        f"{name}: decide about {', '.join(sorted(undecided))}: put each into fields, needs, "
        f"special, dropped (with the reason) or read_only in downpour/resources/"
    )


@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_no_attribute_is_decided_about_twice(name: str) -> None:
    """An attribute is not carried in one table and dropped in another."""
    assert [item for item, count in list_decisions(RESOURCE_TYPES[name]).items() if count > 1] == []


@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_volatile_attributes_are_not_carried(name: str) -> None:
    """What changes by itself, and so is kept out of the manifest, is nothing that is carried."""
    resource_type = RESOURCE_TYPES[name]
    carried = {field.wire_name for field in resource_type.fields} | set(resource_type.needs)
    assert not resource_type.volatile & carried


def list_carried_fields() -> Iterator[tuple[str, Argument]]:
    """Every declared field, with the name of its type."""
    for name, resource_type in RESOURCE_TYPES.items():
        for field in resource_type.fields:
            yield name, field


@pytest.mark.parametrize(
    ("name", "field"), list(list_carried_fields()), ids=lambda value: getattr(value, "name", value)
)
def test_every_field_arrives(name: str, field: Argument) -> None:
    """A field with a value that is not the API's default is an argument of the task."""
    value = choose_value(field)
    assert value != field.implied
    tenant = Tenant()
    if name == "security group rule":
        group = tenant.add("security group")
        tenant.add(name, **{"security_group_id": group, str(field.wire_name): value})
        (arguments,) = tenant.describe("security group", group)[0]["completion"]["rules"]
    else:
        source_id = tenant.add(name)
        tenant.listings[RESOURCE_TYPES[name].listing.name][0][str(field.wire_name)] = value
        if name == "keypair" and field.name == "name":
            source_id = value
            tenant.listings["compute.keypairs"][0]["id"] = value
        arguments, _ = tenant.describe(name, source_id)
    if field.name == "name":
        assert arguments["name"] == value
    else:
        assert arguments[field.name] == value
