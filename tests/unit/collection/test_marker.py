"""The places of the marker, and the types that have none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import (
    DESCRIPTION,
    TAGS,
    Argument,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import (
    ImageTag,
    NetworkTag,
    NoMarker,
    ServerTag,
    Wanted,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType
from ansible_collections.downpour.cloud.plugins.plugin_utils.types import RESOURCE_TYPES
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json

from tests.unit.collection.recorder import PROJECT, Recorder
from tests.unit.collection.test_run import MARKER, OLD_ID, WEB, run

ADDRESS = ResourceType(
    name="address",
    service="network",
    path="/addresses",
    key="address",
    marker=NetworkTag("address", born_in="description"),
    has_name=False,
    arguments=(
        Argument("network", "Id of the network.", wire="network_id", is_required=True),
        DESCRIPTION,
        TAGS,
    ),
    example="",
)


def test_what_has_no_name_is_born_in_its_description(tmp_path: Path) -> None:
    """It carries its marker at every moment, and its own description at last."""
    born = {"id": "a", "description": MARKER, "tags": []}
    cloud = Recorder(
        {
            "GET /addresses": {"addresses": []},
            "POST /addresses": {"address": born},
            "PUT /addresses/a/tags": {"tags": [MARKER]},
            "PUT /addresses/a": {"address": {**born, "description": "for web"}},
        }
    )
    given = {**WEB, "network": "n", "description": "for web"}
    assert run(ADDRESS, given, cloud, tmp_path)["id"] == "a"
    assert cloud.list_writes() == [
        ("POST /addresses", {"address": {"network_id": "n", "description": MARKER}}),
        ("PUT /addresses/a/tags", {"tags": [MARKER]}),
        ("PUT /addresses/a", {"address": {"description": "for web"}}),
    ]
    queries = [query for what, query in cloud.sent if what == "GET /addresses"]
    assert queries == [
        {"tags": MARKER, "project_id": PROJECT},
        {"description": MARKER, "project_id": PROJECT},
    ]


def test_what_a_killed_task_left_is_finished(tmp_path: Path) -> None:
    """From each of the three states in which it can be; once finished, nothing is written."""
    finished = {"id": "a", "description": "", "tags": [MARKER]}
    for state, writes in (
        ({"description": MARKER, "tags": []}, 2),
        ({"description": MARKER, "tags": [MARKER]}, 1),
        ({"description": "", "tags": [MARKER]}, 0),
    ):
        cloud = Recorder(
            {
                "GET /addresses": {"addresses": [{"id": "a", **state}]},
                "PUT /addresses/a/tags": {"tags": [MARKER]},
                "PUT /addresses/a": {"address": finished},
            }
        )
        result = run(ADDRESS, {**WEB, "network": "n"}, cloud, tmp_path)
        assert (result["changed"], len(cloud.list_writes())) == (False, writes)
        (tmp_path / "uuids.csv").unlink()


def test_the_name_is_a_label_where_there_is_none() -> None:
    """It is documented as such, and never sent."""
    [name] = [argument for argument in ADDRESS.all_arguments if argument.name == "name"]
    assert (name.wire_name, name.is_required) == (None, True)
    assert name.unreadable
    assert "address" in name.description


def test_tags_at_birth_need_the_extension() -> None:
    """With it, the port has its name and its marker at once, and one filter finds it."""
    place = NetworkTag("port", extension="early-tags")
    cloud = Recorder({"GET /extensions": {"extensions": [{"alias": "early-tags"}]}})
    older = Recorder({"GET /extensions": {"extensions": []}})
    for _ in range(2):
        place.prepare(cloud)
    assert len(cloud.sent) == 1
    body: Json = {"name": "web"}
    place.mark_body(cloud, body, MARKER, ["x"])
    assert body == {"name": "web", "tags": ["x", MARKER]}
    assert len(place.make_queries(cloud, MARKER)) == 1
    place.mark_body(older, body, MARKER, ["x"])
    assert body["name"] == MARKER
    assert len(place.make_queries(older, MARKER)) == 2


def test_tags_of_images_and_servers_are_set_at_birth() -> None:
    """One is looked for among the project's own, hidden ones, too; the other by its tag."""
    cloud = Recorder({})
    for place in (ImageTag(), ServerTag()):
        body: Json = {}
        place.mark_body(cloud, body, MARKER, ["x"])
        assert body == {"tags": ["x", MARKER]}
        assert place.is_marked(body, MARKER)
        assert not place.is_marked({"tags": None}, MARKER)
        assert place.make_known_query(cloud) is None
        wanted = Wanted(MARKER, [], {"name": "web"})
        assert place.settle(cloud, "/x", body, wanted) is body
    own = {"tag": MARKER, "owner": PROJECT}
    assert ImageTag().make_queries(cloud, MARKER) == [own, {**own, "os_hidden": "true"}]
    assert ServerTag().make_queries(cloud, MARKER) == [{"tags": MARKER}]
    assert cloud.sent == []


def test_without_a_place_nothing_is_marked_or_found() -> None:
    """The type's own function prevents a twin."""
    place, cloud = NoMarker("Names are unique."), Recorder({})
    body: Json = {"name": "web"}
    place.mark_body(cloud, body, MARKER, [])
    assert body == {"name": "web"}
    assert place.make_queries(cloud, MARKER) == []
    assert place.make_known_query(cloud) is None
    assert not place.is_marked({"tags": [MARKER]}, MARKER)
    assert place.reason == "Names are unique."


def test_two_objects_with_one_marker_are_a_failure(tmp_path: Path) -> None:
    """Somebody copied one: a person decides which is meant."""
    listed = [{"id": name, "name": "", "tags": [MARKER]} for name in ("b", "a")]
    cloud = Recorder({"GET /networks": {"networks": listed}})
    result = run(RESOURCE_TYPES["network"], WEB, cloud, tmp_path)
    assert "2 objects carry the marker downpour:0a1b: a, b" in result["msg"]
    assert not cloud.list_writes()


def test_what_was_read_before_the_fork_is_used_until_something_is_made(tmp_path: Path) -> None:
    """One listing serves all tasks of a type; it is forgotten when it is out of date."""
    network = RESOURCE_TYPES["network"]
    born = {"id": "n", "name": MARKER, "tags": []}
    cloud = Recorder(
        {
            "GET /networks": {"networks": [{"id": "o", "name": "x", "tags": ["downpour:0c"]}]},
            "POST /networks": {"network": born},
            "PUT /networks/n/tags": {"tags": [MARKER]},
            "PUT /networks/n": {"network": {**born, "name": "web"}},
        }
    )
    for _ in range(2):
        network.prepare(cloud)
    assert cloud.prepared_services == ["network", "network"]
    assert cloud.sent == [
        ("GET /networks", {"project_id": PROJECT, "fields": ["id", "name", "tags"]})
    ]
    found = run(network, {"old_id": "0c", "name": "x"}, cloud, tmp_path)
    assert (found["id"], found["changed"], len(cloud.sent)) == ("o", False, 1)
    assert run(network, WEB, cloud, tmp_path)["id"] == "n"
    assert len(cloud.sent) == 4
    assert cloud.known == {}


def test_a_request_can_have_more_beside_the_body(tmp_path: Path) -> None:
    """Nova's scheduler hints stand beside the server, not in it."""

    def add_hints(task: Task, request: Json) -> Json:
        return {**request, "os:scheduler_hints": {"group": task.arguments["group"]}}

    thing = ResourceType(
        name="thing",
        service="compute",
        path="/os-things",
        key="thing",
        plural="things",
        marker=ServerTag(),
        arguments=(Argument("group", "Id of the group.", wire=None),),
        extend_request=add_hints,
        example="",
    )
    cloud = Recorder({"GET /os-things": {"things": []}, "POST /os-things": {"thing": {"id": "t"}}})
    run(thing, {**WEB, "group": "g"}, cloud, tmp_path)
    expected: dict[str, Any] = {
        "thing": {"name": "web", "tags": [f"downpour:{OLD_ID}"]},
        "os:scheduler_hints": {"group": "g"},
    }
    assert cloud.list_writes() == [("POST /os-things", expected)]
