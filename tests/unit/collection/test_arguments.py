"""The arguments of a task are what its documentation says, no more and no less."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.arguments import (
    load_options,
    make_plain,
    validate_arguments,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError

NETWORK = {"old_id": "0a", "name": "web"}
SUBNET = {"old_id": "0a", "name": "", "network": "1b", "ip_version": 4, "cidr": "10.0.0.0/8"}


class TaggedText(str):
    """Stands for the subclasses of str that Ansible gives to plugins."""

    __slots__ = ()


def test_what_is_left_out_stays_out_and_defaults_come_in() -> None:
    """Only the documented defaults are added."""
    assert validate_arguments("network", NETWORK) == {**NETWORK, "tags": []}


def test_null_is_not_the_same_as_left_out() -> None:
    """A gateway that is null means no gateway."""
    assert validate_arguments("subnet", {**SUBNET, "gateway_ip": None})["gateway_ip"] is None
    assert "gateway_ip" not in validate_arguments("subnet", SUBNET)


def test_null_for_an_optional_list_means_its_default() -> None:
    """`tags:` without a value is an empty list."""
    assert validate_arguments("network", {**NETWORK, "tags": None})["tags"] == []


@pytest.mark.parametrize(
    ("module_name", "given", "said"),
    [
        ("network", {"old_id": "0a"}, "'name' is missing"),
        ("network", {**NETWORK, "admin_stat_up": True}, "did you mean 'admin_state_up'?"),
        ("network", {**NETWORK, "mtu": "many"}, "'mtu' must be a whole number, not 'many'"),
        ("network", {**NETWORK, "mtu": True}, "'mtu' must be a whole number, not True"),
        ("network", {**NETWORK, "admin_state_up": 2}, "'admin_state_up' must be true or false"),
        ("network", {**NETWORK, "name": None}, "'name' must be text, not None"),
        ("network", {**NETWORK, "name": ["a"]}, "'name' must be text, not ['a']"),
        ("network", {**NETWORK, "tags": "a"}, "'tags' must be a list, not 'a'"),
        ("network", {**NETWORK, "tags": ["a", {}]}, "'tags[1]' must be text, not {}"),
        ("subnet", {**SUBNET, "ip_version": 5}, "'ip_version' must be one of 4, 6, not '5'"),
        (
            "subnet",
            {**SUBNET, "allocation_pools": [{"start": "10.0.0.2", "stop": "10.0.0.9"}]},
            "'allocation_pools[0].stop' is unknown",
        ),
        (
            "subnet",
            {**SUBNET, "allocation_pools": [{"start": "10.0.0.2"}]},
            "'allocation_pools[0].end' is missing",
        ),
        ("network", {**NETWORK, "x\x1b[2J": 1}, r"'x\x1b[2J' is unknown"),
    ],
)
def test_wrong_arguments_are_refused(module_name: str, given: dict[str, Any], said: str) -> None:
    """The message names the argument, its place and what would be right."""
    with pytest.raises(TaskError) as caught:
        validate_arguments(module_name, given)
    assert said in str(caught.value)


def test_all_problems_are_listed_at_once() -> None:
    """Nobody corrects one mistake per run."""
    with pytest.raises(TaskError) as caught:
        validate_arguments("subnet", {"cidr": 1.5j, "colour": "red"})
    for said in ("'old_id' is missing", "'network' is missing", "'colour' is unknown", "'cidr'"):
        assert said in str(caught.value)


def test_text_from_older_templates_is_taken_as_number_and_truth_value() -> None:
    """ansible-core before 2.19 makes text of what comes from a template."""
    given = {**SUBNET, "ip_version": "4", "enable_dhcp": "False", "cidr": 10}
    arguments = validate_arguments("subnet", given)
    assert (arguments["ip_version"], arguments["enable_dhcp"]) == (4, False)
    assert arguments["cidr"] == "10"


def test_values_lose_the_subclasses_of_ansible() -> None:
    """What is sent and recorded is plain text; hostile text is not touched."""
    hostile = "{{ lookup('pipe', 'touch /tmp/owned') }}"
    name = validate_arguments("network", {**NETWORK, "name": TaggedText(hostile)})["name"]
    assert name == hostile
    assert type(name) is str
    plain = make_plain({TaggedText("a"): [TaggedText("b")]})
    assert [type(key) for key in plain] == [str]
    assert [type(item) for item in plain["a"]] == [str]


def test_options_are_read_once() -> None:
    """The documentation is parsed only for the first task of a kind."""
    assert load_options("network") is load_options("network")
