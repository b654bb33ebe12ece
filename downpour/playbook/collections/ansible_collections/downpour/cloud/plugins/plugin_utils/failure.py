"""What a task reports when it cannot do its work."""

from __future__ import annotations


class TaskError(Exception):
    """An expected failure: what could not be done, why, and what a person can do about it."""

    def __init__(self, what: str, why: str, remedy: str = "") -> None:
        super().__init__(what, why, remedy)
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        """Return ``what: why. remedy`` with exactly one full stop between the sentences."""
        sentence = f"{self.what}: {self.why}".rstrip()
        if not sentence.endswith((".", "!", "?")):
            sentence += "."
        return f"{sentence} {self.remedy}".rstrip()


class ApiError(TaskError):
    """The cloud answered, with an error status."""

    def __init__(self, what: str, why: str, remedy: str, status: int) -> None:
        super().__init__(what, why, remedy)
        self.status = status


class AnswerLostError(TaskError):
    """The connection failed during a write, so that nobody knows whether it was done."""
