"""The bundle's ``README.rst``."""

from __future__ import annotations

import re
from collections.abc import Mapping

import jinja2

from downpour.bundle.contents import Contents
from downpour.resources.model import Finding, Severity
from downpour.text import human_size, printable


def escape_markup(text: object) -> str:
    """Return ``text`` on one line such that reStructuredText shows it as it is."""
    return re.sub(r"([\\*`_|<>\[\]{}:])", r"\\\1", printable(text))


def render_readme(contents: Contents, source: Mapping[str, str]) -> str:
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
    findings = contents.plan.findings
    return environment.get_template("README.rst.j2").render(
        source=source,
        resources=[(resource, contents.data_for(resource)) for resource in contents.plan.resources],
        omissions=_select(findings, Severity.OMISSION),
        notes=_select(findings, Severity.NOTE),
    )


def _select(findings: tuple[Finding, ...], severity: Severity) -> list[Finding]:
    return [finding for finding in findings if finding.severity is severity]
