"""Names and texts that would like to be code, paths, patterns or line breaks move as they are."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from demo.sandbox.cloud import Cloud
from demo.sandbox.projects import Project
from tests.integration.api import Api
from tests.integration.description import Describer, Description, select_types
from tests.integration.journey import (
    Workplace,
    list_writes,
    read_new_ids,
    read_rows,
)
from tests.integration.tenants import Tenant, make_project

# Only cinder takes emoji beyond U+FFFF in a name, the others in some texts.
EMOJI, HIGH_EMOJI = "☃" * 255, "😀" * 255
NAMES = {
    "template": "{{ lookup('pipe', 'touch SENTINEL') }}",
    "statement": "{% for x in ().__class__.__mro__ %}{{ x }}{% endfor %}",
    "path": "../../etc/x",
    "formula": "=cmd()",
    "cells": 'a"b,c',
    "parentheses": "web (prod)",
    "bracket": "[",
    "empty": "",
    "emoji": EMOJI,
    "yaml": "a: &b !!python/object [*c] # d",
    "shell": "$(touch SENTINEL); `touch SENTINEL` \\ 'x' \"y\"",
    "expression": r"(?P<a>.*)+\1 %s {0}",
}
TEXT = "first {{ 7 * 7 }}\nsecond: 'line'\r\n\tthird \x1b[31m\u202e {% raw %} 😀"
WITH_DATA = ("volume template", "server template", "server emoji")
KINDS = ("image", "network", "subnet", "security group", "port", "volume", "server")


@dataclasses.dataclass(frozen=True)
class Hostile:
    """One move of hostile texts."""

    tenant: Tenant
    destination: Project
    directory: Path
    bundle: Path
    before: Description
    after: Description
    outputs: str
    second_writes: list[str]


def build_hostile_tenant(project: Project, scratch: Path, names: dict[str, str]) -> Tenant:
    """Give all the names to something of each type that takes them, some to servers."""
    tenant = Tenant(project, scratch)
    texts = [*filter(None, names.values()), "{# ", "007", "yes", "null", "2024-01-01", " a ", "~"]
    metadata = {f"key {number}": text for number, text in enumerate(texts)}
    tenant.add_keypair("plain key")
    # The services are processes of their own: they can work at the same time.
    with ThreadPoolExecutor() as pool:
        network_parts = pool.submit(add_network_parts, tenant, names)
        for label, name in names.items():
            data = label.encode() * 99
            tenant.add_image(f"image {label}", data, name=name, note=name, about=TEXT[:-1])
            tenant.add(
                "volume",
                f"volume {label}",
                name=name.replace(EMOJI, HIGH_EMOJI),
                size=1,
                description=TEXT,
                metadata=metadata,
            )
        network_parts.result()
    tenant.wait("volume", "available", *(f"volume {label}" for label in names))
    project.open_volume(tenant["volume template"]).write_pattern("template")
    # Nova takes no empty name and no line break.
    ports = [f"port {label}" for label in names]
    tenant.add_server(
        "server template",
        "m1.tiny",
        ports,
        name=names["template"],
        imageRef=tenant["image emoji"],
        description="{{ 7 * 7 }} {% raw %} ' \" # : \\",
        metadata=metadata,
        key_name="plain key",
        tags=["{{ 7 * 7 }}", "=1+1"],
    )
    for label in ("path", "formula", "emoji"):
        tenant.add_server(
            f"server {label}", "m1.tiny", [], name=names[label], imageRef=tenant["image path"]
        )
    labels = [label for label in tenant.ids if label.startswith("server ")]
    tenant.wait("server", "ACTIVE", *labels)
    return tenant


def add_network_parts(tenant: Tenant, names: dict[str, str]) -> None:
    """Add for each name a network with a subnet, a security group with a rule, and a port."""
    for label, name in names.items():
        network = tenant.add("network", f"network {label}", name=name, description=TEXT)
        texts = {"name": name, "description": TEXT}
        cidr = "10.1.0.0/24"
        tenant.add(
            "subnet", f"subnet {label}", network_id=network, ip_version=4, cidr=cidr, **texts
        )
        group = tenant.add("security group", f"group {label}", **texts)
        tenant.add_rules(f"group {label}", {"protocol": "tcp", "description": name})
        tenant.add("port", f"port {label}", network_id=network, security_groups=[group], **texts)


@pytest.fixture(scope="module")
def hostile(
    clouds: tuple[Cloud, Cloud], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hostile]:
    """Make the move."""
    directory = tmp_path_factory.mktemp("hostile")
    sentinel = Path("/tmp", f"owned-{secrets.token_hex(4)}")
    names = {label: name.replace("SENTINEL", str(sentinel)) for label, name in NAMES.items()}
    source, destination = (make_project(cloud, "hostile {{ 7*7 }}") for cloud in clouds)
    tenant = build_hostile_tenant(source, directory, names)
    place = Workplace(directory / "place", source, destination)
    query = place.downpour("query", "all.yml", "--all", "--no-save-state").expect(0)
    resources = place.directory / "all.yml"
    text = resources.read_text(encoding="utf-8")
    entries = yaml.safe_load(text)
    # One volume and two servers with all that is on their disks.
    for section, saved in (("volumes", ["template"]), ("servers", ["template", "emoji"])):
        for entry in entries[section]:
            if entry.get("name") in [names[label] for label in saved]:
                del entry["save_state"]
    resources.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    plan = place.downpour("plan", resources).expect(0)
    bundle = place.directory / "bundle"
    export = place.downpour("export", resources, bundle).expect(0)
    first = place.play(bundle).expect(0)
    mark = destination.mark_requests()
    place.play(bundle).expect(0)
    second_writes = list_writes(destination, mark)
    new_ids = read_new_ids(bundle)
    old_ids = {(kind, new): old for (kind, old), new in new_ids.items()}
    before = Describer(tenant.api).describe()
    # Nothing uses the project's default group.
    before = {name: facts for name, facts in before.items() if facts["name"] != "default"}
    yield Hostile(
        tenant,
        destination,
        place.directory,
        bundle,
        before,
        Describer(Api(destination), old_ids).describe(),
        "".join(run.out + run.err for run in (query, plan, export, first)),
        second_writes,
    )
    was_executed = sentinel.exists()
    sentinel.unlink(missing_ok=True)
    source.release_disks()
    destination.release_disks()
    assert not was_executed


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_intact(hostile: Hostile, kind: str) -> None:
    """Every name, description, rule text, property, tag and metadata value is the same."""
    new_ids = read_new_ids(hostile.bundle)
    after = {name: facts for name, facts in hostile.after.items() if name in new_ids}
    assert select_types(after, [kind]) == select_types(hostile.before, [kind])
    names = {facts["name"] for name, facts in after.items() if name[0] == kind}
    assert {"../../etc/x", "=cmd()"} < names
    assert (HIGH_EMOJI if kind == "volume" else EMOJI) in names


def test_nothing_is_executed(hostile: Hostile) -> None:
    """No template is evaluated and no command run on either machine."""
    assert not list(Path("/tmp").glob("owned-*"))
    names = [facts["name"] for facts in hostile.after.values()]
    assert [name for name in names if name.startswith("{{ lookup")]
    texts = [str(facts.get("description")) for facts in hostile.after.values()]
    assert not [text for text in texts if "49" in text]


def test_nothing_is_written_elsewhere(hostile: Hostile) -> None:
    """No name leads out of the bundle or becomes a part of a file's name."""
    assert {path.name for path in hostile.directory.iterdir()} == {
        "all.yml",
        "bundle",
        "clouds.yaml",
    }
    assert not [path for path in hostile.bundle.rglob("*") if not path.name.isascii()]
    assert {path.name for path in (hostile.bundle / "data").iterdir()} == {
        f"{kind}-{hostile.tenant[label]}.{suffix}"
        for label in hostile.tenant.ids
        for kind, suffix in [(label.split()[0], "raw" if label[:5] == "image" else "qcow2")]
        if kind == "image" or label in WITH_DATA
    }


def test_record_has_one_line_for_each(hostile: Hostile) -> None:
    """In ``uuids.csv`` a row is a line, and no cell begins like a formula."""
    rows = read_rows(hostile.bundle)
    text = (hostile.bundle / "uuids.csv").read_text(encoding="utf-8")
    assert len(text.splitlines()) == len(rows) + 1 == len(hostile.before) + 1
    assert not [row for row in rows if row["Resource Name"].startswith(("=", "+", "-", "@"))]


def test_terminal_sees_no_control_characters(hostile: Hostile) -> None:
    """What the commands print has no escape sequence and no direction override in it."""
    assert not {"\x1b", "\u202e", "\r"} & set(hostile.outputs)


def test_second_run_changes_nothing(hostile: Hostile) -> None:
    """The second run recognises everything."""
    assert hostile.second_writes == []
