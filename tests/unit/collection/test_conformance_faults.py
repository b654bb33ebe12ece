"""What every module of the collection does when it is killed, refused, or not answered."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import make_marker
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import describe_resource
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import RESOURCE_TYPES
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

from tests.fake_cloud import (
    NEWEST,
    QUEENS,
    call,
    lose_answer,
    lose_request,
    match,
    match_writes,
    refuse,
)
from tests.fake_cloud.messages import Answer, Request
from tests.unit.collection.examples import (
    CHOSEN,
    FULL,
    MINIMAL,
    Case,
    find_waiting_modules,
    list_cases,
)
from tests.unit.collection.stage import KilledError, Stage

# Only reads: there is nothing to go wrong in between.
WRITING = [
    case
    for case in (*list_cases((NEWEST,)), *list_cases((QUEENS,), FULL))
    if case.module.name != "destination" and case.variant not in (MINIMAL, CHOSEN)
]
# One task of each module, the one with most in it.
FULLEST = [case for case in WRITING if case.variant == FULL and case.release is NEWEST]
# What a cloud says when it does not do what it is asked.
REFUSALS = (
    (403, "rule:create is disallowed by policy"),
    (409, "Quota exceeded for resources: ['all']"),
    (500, "Internal Server Error"),
)
for_each_case = pytest.mark.parametrize("case", WRITING, ids=str)
for_each_fullest_case = pytest.mark.parametrize("case", FULLEST, ids=str)
for_each_creating_case = pytest.mark.parametrize(
    "case", [case for case in FULLEST if isinstance(case.module, ResourceType)], ids=str
)


def run_undisturbed(case: Case, stage: Stage) -> tuple[dict[str, list[str]], int]:
    """Return all that there is after a run in which nothing happens, and how much it wrote."""
    given, begin = stage.set_up(case), len(stage.cloud.log)
    assert "failed" not in stage.run(case.module, given)
    return stage.summarize(), len(stage.cloud.writes(begin))


@for_each_case
def test_a_killed_task_is_finished_by_the_next_run(case: Case, stage: Stage) -> None:
    """Whichever answer was the last: in the end all is as if nothing had happened, no twins."""
    expected, _ = run_undisturbed(case, stage)
    for answers in range(1, 100):
        given = stage.set_up(case)
        try:
            stage.run(case.module, given, killed_after=answers)
        except KilledError:
            begin = len(stage.cloud.log)
            foretold = stage.run(case.module, given, is_check_mode=True)
            assert stage.cloud.writes(begin) == []
            result = stage.run(case.module, given)
            assert "failed" not in result, f"after {answers}: {result['msg']}"
            assert foretold["changed"] == result["changed"], f"after {answers} answers"
            assert result["changed"] or only_settles(case.module, stage, result, begin)
            assert stage.summarize() == expected, f"after {answers} answers"
        else:
            break
    assert answers > 1


def only_settles(module: Module, stage: Stage, result: Result, begin: int) -> bool:
    """Whether all that was written is the name and such of the object that was there."""
    writes = stage.cloud.writes(begin)
    return not writes or (
        isinstance(module, ResourceType)
        and all(entry.path.startswith(f"{module.path}/{result['id']}") for entry in writes)
    )


@for_each_case
def test_a_lost_answer_makes_no_twin(case: Case, stage: Stage) -> None:
    """What was done all the same is found; no request that changes something is sent twice."""
    expected, count = run_undisturbed(case, stage)
    for reaction in (lose_answer(), lose_request())[: 2 if case in FULLEST else 1]:
        for skip in range(count):
            given, begin = stage.set_up(case), len(stage.cloud.log)
            stage.cloud.script(match_writes(), reaction, skip=skip)
            result = stage.run(case.module, given)
            lost = stage.cloud.writes(begin)[skip]
            if reaction.is_answer_lost and is_found_at_once(case.module, lost.path):
                assert "failed" not in result, f"{lost}: {result['msg']}"
            if "failed" in result:
                assert "may have been done all the same" in result["msg"]
                assert "failed" not in stage.run(case.module, given)
            assert stage.summarize() == expected, str(lost)


def is_found_at_once(module: Module, path: str) -> bool:
    """Whether the lost answer is that of the request which makes the object, complete."""
    is_uploaded = "sha512" in {argument.name for argument in module.arguments}
    return isinstance(module, ResourceType) and not is_uploaded and path == module.path


@for_each_fullest_case
def test_a_refusal_names_the_resource(case: Case, stage: Stage) -> None:
    """Type, name and old id, and what the cloud said; the next run finishes without a twin."""
    expected, count = run_undisturbed(case, stage)
    for status, message in REFUSALS:
        for skip in range(count):
            given, begin = stage.set_up(case), len(stage.cloud.log)
            stage.cloud.script(match_writes(), refuse(status, message), skip=skip)
            result = stage.run(case.module, given)
            refused = stage.cloud.writes(begin)[skip]
            told = " ".join([result.get("msg", ""), *result.get("warnings", ())])
            assert message in told, str(refused)
            assert any(label in told for label in list_labels(case.module, given)), told
            if status == 409:
                assert "higher quota" in told or refused.method == "DELETE"
            assert "failed" not in stage.run(case.module, given), str(refused)
            assert stage.summarize() == expected, str(refused)


def list_labels(module: Module, given: Json) -> Iterator[str]:
    """Return what a message has to call the resources of a task."""
    if "name" in given:
        yield describe_resource(module.choose_label(given), given["name"], given["old_id"])
    for type_name, waiting in find_waiting_modules().items():
        if waiting is module:
            [entries] = [value for value in given.values() if isinstance(value, list)]
            for entry in entries:
                yield describe_resource(type_name, entry["name"], entry["old_id"])


@for_each_creating_case
@pytest.mark.parametrize("is_recorded", [True, False], ids=["recorded", "killed"])
def test_another_run_is_waited_for(case: Case, stage: Stage, is_recorded: bool) -> None:
    """What it made meanwhile is used, also if it was killed before it wrote that down."""
    expected, _ = run_undisturbed(case, stage)
    given = stage.set_up(case)
    record = stage.list_files().get("uuids.csv")
    other = os.open(stage.directory, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    said: list[str] = []

    def finish_other_run(text: str) -> None:
        said.append(text)
        os.close(other)
        stage.run(case.module, given)
        if not is_recorded:
            stage.record_path.unlink()
            if record is not None:
                stage.record_path.write_bytes(record)

    result = stage.run(case.module, given, announce=finish_other_run)
    assert len(said) == 1
    assert "waiting for it" in said[0]
    assert result["changed"] is False
    assert stage.summarize() == expected


@for_each_creating_case
def test_a_row_that_came_while_waiting_is_final(case: Case, stage: Stage) -> None:
    """Also if nothing but the row tells that its object stands for the old id."""
    given = stage.set_up(case)
    other = os.open(stage.directory, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    own_ids: list[str] = []

    def put_in_by_hand(text: str) -> None:
        own_ids.append(stage.put_in_by_hand(case, given))
        os.close(other)

    begin = len(stage.cloud.log)
    result = stage.run(case.module, given, announce=put_in_by_hand)
    assert ([result["id"]], result["changed"]) == (own_ids, False)
    assert stage.cloud.writes(begin) == []


CARRYING_DATA = [
    case
    for case in (*list_cases((NEWEST, QUEENS), FULL),)
    if isinstance(case.module, ResourceType)
    and "sha512" in {item.name for top in case.module.arguments for item in (top, *top.options)}
]


@pytest.mark.parametrize("case", CARRYING_DATA, ids=str)
@pytest.mark.parametrize("where", ["file", "cloud", "unfinished"])
def test_wrong_bytes_are_never_kept(case: Case, stage: Stage, where: str) -> None:
    """Neither those of a damaged file, nor what the service made of a whole one, nor a part."""
    expected, _ = run_undisturbed(case, stage)
    given = stage.set_up(case)
    before = stage.summarize()
    files = stage.list_files()
    if where == "file":
        (stage.directory / "data/disk.raw").write_bytes(b"damaged")
    elif where == "cloud":
        wrong = {"os_hash_algo": "sha512", "os_hash_value": "0" * 128, "checksum": "0" * 32}
        stage.cloud.slow_down("images.fill", 0, end={"status": "active", **wrong})
    else:
        stage.cloud.slow_down("images.fill", 0, end={"status": "killed"})
    message = stage.run(case.module, given)["msg"]
    assert {
        "file": "is not what the export wrote",
        "cloud": "holds other bytes",
        "unfinished": "is killed instead of active",
    }[where] in message
    assert stage.summarize() == before
    (stage.directory / "data/disk.raw").write_bytes(files["data/disk.raw"])
    assert "failed" not in stage.run(case.module, given)
    assert stage.summarize() == expected


@pytest.mark.parametrize("case", CARRYING_DATA, ids=str)
def test_a_token_that_runs_out_spoils_no_upload(case: Case, stage: Stage) -> None:
    """A new one is there before the first byte: no client sends a file again from its end."""
    expected, _ = run_undisturbed(case, stage)
    given, begin = stage.set_up(case), len(stage.cloud.log)

    def expire(request: Request, answer: Answer) -> None:
        stage.cloud.expire_tokens()

    stage.cloud.script(match("POST", "image", "/images"), call(after=expire))
    assert "failed" not in stage.run(case.module, given)
    assert [entry.status for entry in stage.cloud.writes(begin)].count(401) == 0
    assert stage.summarize() == expected


@pytest.mark.parametrize("case", CARRYING_DATA, ids=str)
@pytest.mark.parametrize("wrong", [{"status": "queued"}, {"os_hash_value": "0", "checksum": "0"}])
def test_a_leftover_of_an_upload_is_replaced(
    case: Case, stage: Stage, wrong: dict[str, Any]
) -> None:
    """An image with the tag that has not all of the data, or other data, is deleted."""
    expected, _ = run_undisturbed(case, stage)
    given = stage.set_up(case)
    stage.cloud.state.limits["volumes"] = 0
    [image_id] = make_leftover(case, stage, given)
    image = stage.cloud.read("images", image_id)
    image.update(wrong, protected=False)
    stage.cloud.state.limits.clear()
    foretold = stage.run(case.module, given, is_check_mode=True)
    assert foretold["changed"] is True
    assert "failed" not in stage.run(case.module, given)
    assert image_id not in stage.cloud.state.open_collection("image", "images")
    assert stage.summarize() == expected


def make_leftover(case: Case, stage: Stage, given: Json) -> set[str]:
    """Let a run make an image that no row names, and return its id."""
    images = stage.cloud.state.open_collection("image", "images")
    before, record = set(images), stage.list_files().get("uuids.csv")
    stage.run(case.module, given)
    stage.record_path.unlink(missing_ok=True)
    if record is not None:
        stage.record_path.write_bytes(record)
    return set(images) - before


WAITED_FOR = {"volume": ("volumes", "error"), "server": ("servers", "ERROR")}


def test_each_type_that_is_waited_for_is_tried() -> None:
    """A new module that waits needs a line in the table."""
    assert set(find_waiting_modules()) == set(WAITED_FOR)


@pytest.mark.parametrize(
    "case",
    [case for case in (*list_cases((NEWEST, QUEENS), MINIMAL),) if case.module.name in WAITED_FOR],
    ids=str,
)
def test_an_object_in_an_error_state_is_told(case: Case, stage: Stage) -> None:
    """It is waited for as long as it is being made; then its type, name, id and state are told."""
    collection, status = WAITED_FOR[case.module.name]
    waiting = find_waiting_modules()[case.module.name]
    given = stage.set_up(case)
    end = {"status": status, "fault": {"message": "No valid host"}}
    stage.cloud.slow_down(f"{collection}.create", 3, end=end)
    new_id = stage.run(case.module, given)["id"]
    stage.cloud.put("messages", resource_uuid=new_id, user_message="No valid host", _project_id="x")
    entry = {"id": new_id, "old_id": given["old_id"], "name": given["name"]}
    begin = len(stage.cloud.log)
    message = stage.run(waiting, {collection: [entry]})["msg"]
    assert stage.cloud.writes(begin) == []
    assert describe_resource(case.module.name, given["name"], given["old_id"]) in message
    assert f"{new_id} is in status {status}." in message


ROUTER = RESOURCE_TYPES["router"]


@pytest.mark.parametrize("case", [Case(ROUTER, FULL, NEWEST)], ids=str)
def test_a_router_keeps_what_somebody_added(case: Case, stage: Stage) -> None:
    """Missing routes and interfaces come back beside those that only the destination has."""
    given = stage.set_up(case)
    new_id = stage.run(case.module, given)["id"]
    router = stage.cloud.read("routers", new_id)
    added = {"destination": "10.66.0.0/16", "nexthop": "10.1.0.66"}
    router["routes"] = [added]
    assert stage.run(case.module, given, is_check_mode=True)["changed"] is True
    assert stage.run(case.module, given)["changed"] is True
    assert router["routes"] == [added, *given["routes"]]


@pytest.mark.parametrize("case", [Case(ROUTER, FULL, NEWEST)], ids=str)
def test_a_name_that_a_killed_task_left_is_a_change(case: Case, stage: Stage) -> None:
    """Check mode tells that it would go; the run takes it away."""
    given = stage.set_up(case)
    new_id = stage.run(case.module, given)["id"]
    [port] = stage.cloud.find_own("ports", device_id=new_id)
    port["name"] = f"{make_marker(given['old_id'])}:interface"
    for is_check_mode in (True, False):
        result = stage.run(case.module, given, is_check_mode=is_check_mode)
        assert result["changed"] is True
    assert port["name"] == ""
