"""The bundle's ``README.rst``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import jinja2

from downpour.resources.model import DataFile, Finding, Key, Resource, Severity
from downpour.text import human_size, printable


def escape_markup(text: object) -> str:
    """Return ``text`` on one line such that reStructuredText shows it as it is."""
    return re.sub(r"([\\*`_|<>\[\]{}:])", r"\\\1", printable(text))


def render_readme(
    resources: Iterable[Resource],
    findings: Sequence[Finding],
    saved: Mapping[Key, DataFile],
    source: Mapping[str, str],
) -> str:
    """Return what is inside, what was left out and why, and how to import it."""
    environment = jinja2.Environment(  # not HTML
        loader=jinja2.PackageLoader("downpour.report"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # markup is escaped by the filter, value by value
    )
    environment.filters.update(text=escape_markup, size=human_size)
    return environment.get_template("README.rst.j2").render(
        source=source,
        resources=[(resource, saved.get(resource.key)) for resource in resources],
        omissions=[item for item in findings if item.severity is Severity.OMISSION],
        notes=[item for item in findings if item.severity is Severity.NOTE],
    )
