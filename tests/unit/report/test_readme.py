"""The bundle's README.rst; tests/property/test_readme.py puts any text through it."""

from __future__ import annotations

import docutils.core  # type: ignore[import-untyped]
import docutils.nodes  # type: ignore[import-untyped]
import pytest

from downpour.report.readme import escape_markup, render_readme
from downpour.resources.model import Key, Options
from tests.unit.tenant import Tenant

SOURCE = {"auth_url": "https://cloud_.example/", "region": "*r*", "project_id": "p"}
HOSTILE = [
    "*bold* `x`_ |s| :role:`y`",
    "two\n\nparagraphs\n=====",
    ".. include:: /etc/passwd",
    "{{ lookup('pipe', 'id') }}{% x %}",
    "\x1b[31m\u2028",
    "_",
    "",
]


def read_sections(text: str) -> dict[str, str]:
    """Return the text below each heading; any warning of docutils is an error."""
    document = docutils.core.publish_doctree(
        text, settings_overrides={"halt_level": 2, "warning_stream": False, "_disable_config": True}
    )
    return {
        section.next_node(docutils.nodes.title).astext(): section.astext()
        for section in document.findall(docutils.nodes.section)
    }


def render(tenant: Tenant, named: Key, options: Options | None = None) -> str:
    """Return the page of a bundle of what is named."""
    plan, saved = tenant.bundle(named, options={named: options or Options()})
    return render_readme(plan.resources, plan.findings, saved, SOURCE)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_any_name_in_every_place(name: str) -> None:
    """A page with hostile names in all places where names stand has the sections it always has."""
    tenant = Tenant()
    server = ("server", tenant.add_server(name, tenant.add("image", name), key_name=name or "k"))
    tenant.add_attached_volume(server[1], name, encrypted=True)
    sections = read_sections(render(tenant, server, Options()))
    assert list(sections) == [
        "How to import it",
        "What was left out",
        "Good to know",
        "What is inside",
    ]
    assert "it is encrypted" in sections["What was left out"]
    assert "is not visible" in sections["Good to know"]
    assert f"data/server-{server[1]}.qcow2" in sections["What is inside"]
    assert "https://cloud_.example/, region *r*" in sections["What is inside"]


def test_nothing_left_out() -> None:
    """A bundle without omissions and notes says so."""
    tenant = Tenant()
    tenant.add("keypair", "key")
    sections = read_sections(render(tenant, ("keypair", "key")))
    assert "Nothing that is known of." in sections["What was left out"]
    assert "Nothing." in sections["Good to know"]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("web-01", "web-01"), ("a*b_", "a\\*b\\_"), ("a\nb", "a\\\\nb"), (7, "7")],
)
def test_escaping(text: object, escaped: str) -> None:
    """Ordinary names stay readable in the source of the page."""
    assert escape_markup(text) == escaped
