"""What every module of the collection does, from the first run of its task to the last."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import UNSET, Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.arguments import validate
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import MARKER_PREFIX
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import is_placeholder
from ansible_collections.downpour.cloud.plugins.plugin_utils.listings import Listings
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NoMarker, make_marker
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module
from ansible_collections.downpour.cloud.plugins.plugin_utils.reading import (
    find_differences,
    is_readable,
    read_arguments,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.row import Row
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import MODULES, RESOURCE_TYPES
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

from tests.fake_cloud import NEWEST, QUEENS
from tests.unit.collection.examples import (
    CHOSEN,
    FILES,
    FULL,
    LEFT_OUT,
    RELEASES,
    Case,
    choose_values,
    find_waiting_modules,
    list_cases,
    list_variants,
    make_task,
)
from tests.unit.collection.stage import Stage

CASES = [*list_cases((NEWEST,)), *list_cases((QUEENS,), FULL)]
# Those whose task makes an object of its own.
CREATING = [
    case for case in CASES if isinstance(case.module, ResourceType) and case.variant != CHOSEN
]
# Those that only look up what is there.
LOOKING_UP = {"destination"}
for_each_case = pytest.mark.parametrize("case", CASES, ids=str)
for_each_creating_case = pytest.mark.parametrize("case", CREATING, ids=str)


@pytest.mark.parametrize("module", MODULES.values(), ids=lambda module: module.name)
def test_each_argument_has_an_example(module: Module) -> None:
    """An argument of which nobody said what makes sense, or which no task has, is told by name."""
    tasks = [
        make_task(module, variant, release)
        for release in RELEASES
        for variant in (FULL, *list_variants(module))
    ]
    for argument in module.arguments:
        choose_values(module.name, argument)
        assert any(argument.name in task for task in tasks), f"no task has {argument.name}"
        given = [item for task in tasks for item in _list_items(task.get(argument.name))]
        for option in argument.options:
            place = f"{argument.name}.{option.name}"
            assert any(option.name in item for item in given), f"no task has {place}"


def _list_items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


@for_each_creating_case
def test_an_object_is_made_once_with_its_marker(case: Case, stage: Stage) -> None:
    """There is one object, which is found by its marker, and a row for it; no tag of ours more."""
    given = stage.set_up(case)
    rows = stage.list_rows()
    result = stage.run(case.module, given, is_prepared=False)
    assert result == {"changed": True, "id": result["id"], "old_id": given["old_id"]}
    [made] = stage.find_new_objects(case)
    assert made["id"] == result["id"]
    assert isinstance(case.module, ResourceType)
    if isinstance(case.module.marker, NoMarker):
        assert case.module.marker.reason
    else:
        marker = make_marker(given["old_id"])
        [found] = case.module.list_marked(stage.open_cloud(), marker)
        assert found["id"] == made["id"]
        assert given["old_id"] in json.dumps(made)
        own_tags = {tag for tag in made.get("tags", ()) if tag.startswith(MARKER_PREFIX)}
        assert own_tags <= {marker, *(["downpour:stop"] if given.get("is_stopped") else [])}
    row = Row(case.module.name, given["name"], given["old_id"], result["id"])
    assert stage.list_rows() == [*rows, *([row] if given.get("recorded", True) else [])]


@for_each_case
def test_only_the_first_run_writes(case: Case, stage: Stage) -> None:
    """Check mode writes nothing and foretells the run; a second run has nothing to do."""
    given = stage.set_up(case)
    is_changing = case.module.name not in LOOKING_UP and case.variant != CHOSEN
    files, begin = stage.list_files(), len(stage.cloud.log)
    foretold = stage.run(case.module, given, is_check_mode=True)
    assert (foretold["changed"], stage.cloud.writes(begin)) == (is_changing, [])
    assert stage.list_files() == files
    done = stage.run(case.module, given)
    assert done["changed"] == is_changing
    if isinstance(case.module, ResourceType) and is_changing:
        assert is_placeholder(foretold["id"])
    assert bool(stage.cloud.writes(begin)) == is_changing
    files, begin = stage.list_files(), len(stage.cloud.log)
    for is_check_mode, is_prepared in ((False, True), (True, True), (False, False)):
        again = stage.run(case.module, given, is_check_mode=is_check_mode, is_prepared=is_prepared)
        assert again == {**done, "changed": False}
        assert stage.cloud.writes(begin) == []
    assert stage.list_files() == files


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in CREATING
        if isinstance(case.module, ResourceType) and not isinstance(case.module.marker, NoMarker)
    ],
    ids=str,
)
def test_without_a_row_the_marked_object_is_used(case: Case, stage: Stage) -> None:
    """A record that got lost is written anew; check mode finds the object, too."""
    given = stage.set_up(case)
    done = stage.run(case.module, given)
    files, begin = stage.list_files(), len(stage.cloud.log)
    record = stage.record_path.read_bytes() if stage.record_path.exists() else b""
    stage.record_path.unlink(missing_ok=True)
    for is_check_mode in (True, False):
        found = stage.run(case.module, given, is_check_mode=is_check_mode)
        assert found == {**done, "changed": False}
    assert stage.cloud.writes(begin) == []
    if given.get("recorded", True):
        assert stage.record_path.read_bytes().splitlines()[-1] == record.splitlines()[-1]
        assert set(stage.list_files()) == set(files)


@for_each_creating_case
def test_a_row_is_final(case: Case, stage: Stage) -> None:
    """An object that a person has put in is used as it is, whatever it is like."""
    given = stage.set_up(case)
    own_id = stage.put_in_by_hand(case, given)
    files, begin = stage.list_files(), len(stage.cloud.log)
    for is_check_mode in (True, False):
        result = stage.run(case.module, given, is_check_mode=is_check_mode)
        assert (result["changed"], result["id"]) == (False, own_id)
    assert stage.cloud.writes(begin) == []
    assert stage.list_files() == files


@for_each_creating_case
def test_a_row_without_its_object_is_replaced(case: Case, stage: Stage) -> None:
    """Another object takes the place of one that is gone, and that is told."""
    given = stage.set_up(case)
    stage.add_row(case.module, given, "is-gone")
    foretold = stage.run(case.module, given, is_check_mode=True)
    result = stage.run(case.module, given)
    assert foretold["changed"] is result["changed"] is True
    for told in (foretold, result):
        [warning] = told["warnings"]
        assert "is-gone, which is not in the destination (any more)" in warning
    [made] = stage.find_new_objects(case)
    if given.get("recorded", True):
        assert stage.list_rows()[-1].new_id == made["id"]
        assert "is-gone" not in stage.record_path.read_text("utf-8")


@pytest.mark.parametrize("case", [Case(RESOURCE_TYPES["floating ip"], FULL, NEWEST)], ids=str)
def test_a_chosen_address_is_given_to_its_port(case: Case, stage: Stage) -> None:
    """It stays a stranger's: it gets no marker, and a port that has it already keeps it."""
    given = stage.set_up(case)
    network = {"floating_network_id": given["external_network"]}
    free, other = (stage.cloud.make("floatingips", **network)["id"] for _ in range(2))
    assert stage.run(case.module, {**given, "use": free})["id"] == free
    address = stage.cloud.read("floatingips", free)
    assert (address["port_id"], address["tags"]) == (given["port"], [])
    assert address["fixed_ip_address"] == given["fixed_ip_address"]
    stage.cloud.read("floatingips", other)["port_id"] = "of-another"
    begin = len(stage.cloud.log)
    message = stage.run(case.module, {**given, "old_id": "second", "use": other})["msg"]
    assert "belongs to port of-another already" in message
    assert stage.cloud.writes(begin) == []


@pytest.mark.parametrize("case", [Case(RESOURCE_TYPES["server"], FULL, NEWEST)], ids=str)
def test_a_server_gets_its_user_data(case: Case, stage: Stage) -> None:
    """No tenant can read them back."""
    new_id = stage.run(case.module, stage.set_up(case))["id"]
    sent = stage.cloud.read("servers", new_id)["_user_data"]
    assert base64.b64decode(sent) == FILES["files/user-data"]


@pytest.mark.parametrize("case", [Case(MODULES["image"], "root disk", NEWEST)], ids=str)
def test_no_root_disk_is_uploaded_for_a_server_that_is_there(case: Case, stage: Stage) -> None:
    """The server stands for the same old id; if it is gone, its disk is needed again."""
    given = stage.set_up(case)
    server_id = stage.cloud.put("servers", name="by-hand")
    stage.add_row(RESOURCE_TYPES["server"], given, server_id)
    begin = len(stage.cloud.log)
    for is_check_mode in (True, False):
        result = stage.run(case.module, given, is_check_mode=is_check_mode)
        assert result["changed"] is False
        assert is_placeholder(result["id"])
    assert stage.cloud.writes(begin) == []
    stage.cloud.state.open_collection("compute", "servers").clear()
    assert stage.run(case.module, given)["changed"] is True


@for_each_creating_case
def test_what_was_made_has_no_difference(case: Case, stage: Stage) -> None:
    """An object is read back as it was asked for, also in what its task left out."""
    given = stage.set_up(case)
    wanted = validate(case.module, given)
    assert isinstance(case.module, ResourceType)
    document = stage.read_object(case.module, stage.run(case.module, given)["id"])
    listings = Listings(stage.open_cloud())
    assert find_differences(case.module, listings, wanted, document) == []
    read = read_arguments(case.module, listings, document, wanted)
    for argument in case.module.list_arguments():
        if not is_readable(case.module, argument):
            continue
        asked = wanted.get(argument.name, UNSET)
        told = read.get(argument.name, argument.implied)
        for other in _list_others(case, argument, asked, told):
            changed = {**wanted, argument.name: other}
            found = find_differences(case.module, listings, changed, document)
            expected = set() if _is_untold(case, argument) else {argument.name}
            assert {item.argument for item in found} == expected, f"{argument.name}: {other}"


def _is_untold(case: Case, argument: Argument) -> bool:
    """Whether this release has nothing that would tell the value."""
    return not case.release.has_os_hash and (case.module.name, argument.name) == ("image", "sha512")


def _list_others(case: Case, argument: Argument, given: Any, found: Any) -> Iterator[Any]:
    """List values that mean something else, also with a difference in one option only."""
    one, other = choose_values(case.module.name, argument)
    values = (other, one, argument.implied)
    yield next(value for value in values if value not in (given, found, LEFT_OUT))
    if given not in (UNSET, argument.implied) and argument.implied is not UNSET:
        yield UNSET
    if not argument.options or not given or not isinstance(given, list):
        return
    for option in argument.options:
        _, other = choose_values(case.module.name, option, f"{argument.name}.")
        if option.name in given[0] and given[0][option.name] != other:
            yield [{**given[0], option.name: other}, *given[1:]]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.module in find_waiting_modules().values()], ids=str
)
def test_what_was_completed_is_as_asked_for(case: Case, stage: Stage) -> None:
    """Each object is what its entry says, and nothing that was only needed on the way is left."""
    given = stage.set_up(case)
    stage.run(case.module, given)
    [type_name] = [name for name, module in find_waiting_modules().items() if module is case.module]
    [argument] = [item for item in case.module.arguments if item.options]
    for entry in given[argument.name]:
        document = stage.read_object(RESOURCE_TYPES[type_name], entry["id"])
        told = {option.name: option.read_value(document) for option in argument.options}
        assert {name: entry[name] for name in told if told[name] is not UNSET} == {
            name: value for name, value in told.items() if value is not UNSET
        }
        assert _list_own_tags(stage) <= {make_marker(row.old_id) for row in stage.list_rows()}


def _list_own_tags(stage: Stage) -> set[str]:
    return {
        tag
        for documents in stage.cloud.state.copy_documents().values()
        for document in documents.values()
        for tag in document.get("tags", ())
        if tag.startswith(MARKER_PREFIX)
    }


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.module.name == "security_group_rules"], ids=str
)
def test_the_rules_of_a_group_have_no_difference(case: Case, stage: Stage) -> None:
    """They are exactly the wanted ones, and each of their options tells them apart."""
    given = stage.set_up(case)
    stage.run(case.module, given)
    wanted = validate(case.module, given)
    group = stage.read_object(RESOURCE_TYPES["security group"], given["security_group"])
    listings = Listings(stage.open_cloud())
    assert find_differences(case.module, listings, wanted, group) == []
    for rules in _list_others(case, case.module.arguments[-1], wanted["rules"], UNSET):
        changed: Json = {**wanted, "rules": rules}
        [difference] = find_differences(case.module, listings, changed, group)
        assert difference.argument == "rules"


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not isinstance(case.module, ResourceType)],
    ids=str,
)
def test_what_downpour_did_not_make_is_left_alone(case: Case, stage: Stage) -> None:
    """Objects without the marker of the task's old id are neither waited for nor changed."""
    given = json.loads(json.dumps(stage.set_up(case)))
    for task in (given, *(item for value in given.values() for item in _list_items(value))):
        if isinstance(task, dict) and "old_id" in task:
            task["old_id"] = "another"
    begin = len(stage.cloud.log)
    assert stage.run(case.module, given)["changed"] is False
    assert stage.cloud.writes(begin) == []
