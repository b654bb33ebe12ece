"""Every way to fail: what a person is told, and the exit status.

An error carries one or more :class:`Problem`, so that a command reports all that is wrong at
once. :mod:`downpour.app` is the only place that turns them into messages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from downpour.text import printable

DONE, FAILED, USAGE, OMISSIONS, CREDENTIALS, MISMATCH, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    ``code`` can be searched for, ``what`` names the file, line or resource, ``why`` is the cause
    and ``todo`` the next step.
    """

    code: str
    what: str
    why: str = ""
    todo: str = ""

    def __str__(self) -> str:
        parts = [self.what]
        if self.why:
            parts[0] += f": {self.why.rstrip('.')}"
        if self.todo:
            parts.append(self.todo)
        return printable(f"{'; '.join(parts)} [{self.code}]")


class DownpourError(Exception):
    """Something that a person can act on; ``exit_status`` is what the command returns."""

    exit_status = FAILED

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class UsageError(DownpourError):
    """The command line or a file that a person wrote is wrong."""

    exit_status = USAGE


class CredentialsError(DownpourError):
    """The cloud refused who we say we are, or it is not known where the cloud is."""

    exit_status = CREDENTIALS


class MismatchError(DownpourError):
    """Data that was read is not what the cloud says it is."""

    exit_status = MISMATCH


class DiskFullError(DownpourError):
    """There is no room for the bytes; nothing else that is written can succeed either."""


class UnavailableError(DownpourError):
    """The cloud has no such service, or does not let this project see such resources."""


class NothingFoundError(DownpourError):
    """What was asked for does not exist; nothing was written."""

    exit_status = OMISSIONS


def raise_all(problems: Iterable[Problem], kind: type[DownpourError] = DownpourError) -> None:
    """Raise one ``kind`` with all ``problems``; return when there are none."""
    found = tuple(problems)
    if found:
        raise kind(*found)
