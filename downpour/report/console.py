"""Telling findings to a person, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from downpour.resources.model import Finding, Severity
from downpour.text import printable, quoted


def tell_omissions(findings: Iterable[Finding], say: Callable[[str], None]) -> None:
    """Tell everything that is left out."""
    for finding in findings:
        if finding.severity is Severity.OMISSION:
            say(f"left out: {_describe_subject(finding)}: {finding.reason}")


def tell_notes(findings: Iterable[Finding], say: Callable[[str], None]) -> None:
    """Tell what a person should know; once what is true of many resources of a type.

    The README of a bundle names each of them.
    """
    notes: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.severity is Severity.NOTE:
            notes.setdefault((finding.type, finding.reason), []).append(finding)
    for first, *others in notes.values():
        more = f" and {len(others)} more" if others else ""
        say(f"note: {_describe_subject(first)}{more}: {first.reason}")


def _describe_subject(finding: Finding) -> str:
    if not finding.id:
        return finding.type
    return f"{finding.type} {quoted(finding.name)} ({printable(finding.id)})"
