"""What a person reads of an error, and the exit status."""

import pytest

from downpour import errors
from downpour.errors import DownpourError, Problem, raise_all


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        (Problem("code", "what"), "what [code]"),
        (Problem("code", "what", "why"), "what: why [code]"),
        (Problem("code", "what", "why", "do"), "what: why; do [code]"),
        (Problem("code", "what", todo="do"), "what; do [code]"),
        (Problem("code", "a\nb", "\x1b[0m"), "a\\nb: \\x1b[0m [code]"),
    ],
)
def test_a_problem_is_one_line(problem: Problem, shown: str) -> None:
    """A problem names what, why, what to do and a code, without control characters."""
    assert str(problem) == shown


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (DownpourError, 1),
        (errors.UsageError, 2),
        (errors.NothingFoundError, 3),
        (errors.CredentialsError, 4),
        (errors.MismatchError, 5),
    ],
)
def test_exit_statuses(kind: type[DownpourError], status: int) -> None:
    """The exit status of each kind of error is part of the interface."""
    assert kind(Problem("code", "what")).exit_status == status


def test_all_problems_are_raised_together() -> None:
    """A command reports everything that is wrong at once, in the order found."""
    problems = [Problem("one", "1"), Problem("two", "2")]
    with pytest.raises(errors.UsageError) as caught:
        raise_all(problems, errors.UsageError)
    assert caught.value.problems == tuple(problems)
    assert str(caught.value) == "1 [one]\n2 [two]"


def test_no_problem_is_no_error() -> None:
    """Nothing is raised when nothing was wrong; a generator that yields nothing counts as such."""
    raise_all(iter(()))
