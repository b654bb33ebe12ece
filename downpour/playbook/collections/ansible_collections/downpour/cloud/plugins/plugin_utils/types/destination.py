"""What destination.yml names, found in the destination."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import (
    Operation,
    Result,
    Returned,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.section import Section
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls

_SHOWN = 20


def declare_destination(sections: tuple[Section, ...]) -> Operation:
    """Return the module whose arguments are the sections of destination.yml."""

    def find_entries(task: Task) -> Result:
        return find_all(task, sections)

    return Operation(
        name="destination",
        label="destination.yml",
        summary="finds what destination.yml names",
        description=(
            (
                "Finds the objects of the destination that stand for what is not moved, each by "
                "its id or its exact name."
            ),
            (
                "All entries that do not fit are reported together, with what the destination has "
                "instead."
            ),
        ),
        services=tuple(dict.fromkeys(section.listings[0].service for section in sections)),
        arguments=tuple(_declare_argument(section) for section in sections),
        returns=tuple(
            Returned(
                section.name,
                f"The {section.returns} of the {section.label}s under the keys of the argument.",
                "dict",
                dict(section.sample),
            )
            for section in sections
        ),
        work=find_entries,
        example="""\
- name: Find what destination.yml names
  downpour.cloud.destination:
    flavors:
      m1_tiny: m1.tiny
    networks:
      public: 5b6c6d7e-1f0a-4a57-8a8c-9d3f0a1b2c3d
  register: destination
""",
    )


def find_all(task: Task, sections: Iterable[Section]) -> Result:
    """Return the entries as ids; all that is wrong with them is reported at once.

    Each type is listed once, and only if an entry needs it.
    """
    problems: list[str] = []
    result: Result = {"changed": False}
    for section in sections:
        entries = {
            str(name): str(value) if value else None
            for name, value in task.arguments[section.name].items()
        }
        known = section.read_known(task.cloud, [value for value in entries.values() if value])
        result[section.name] = {
            name: _find_object(section, name, value, known, problems)
            for name, value in entries.items()
        }
    if problems:
        raise TaskError(
            f"{len(problems)} entries do not fit the destination",
            "; ".join(problems),
            "Edit destination.yml, then run the playbook again.",
        )
    return result


def _declare_argument(section: Section) -> Argument:
    how = "" if section.returns == "names" else " each by id or exact name,"
    return Argument(
        section.name,
        f"{section.subject},{how} under any key. Null stays null.",
        "dict",
        default={},
        wire=None,
        unreadable="it is about many objects",
    )


def _find_object(
    section: Section,
    name: str,
    wanted: str | None,
    known: dict[str, str | None],
    problems: list[str],
) -> str | None:
    """Return the id of the object with this id, else of the only one of this exact name."""
    if wanted is None or wanted in known:
        return wanted
    where = f"{section.name}.{name}"
    ids = sorted(object_id for object_id, label in known.items() if label == wanted)
    if len(ids) == 1:
        return ids[0]
    if ids:
        problems.append(
            f"{where}: {len(ids)} {section.label}s are named '{escape_controls(wanted)}', "
            f"give the id of one: {', '.join(ids)}"
        )
    else:
        names = {str(label) for label in known.values()}
        problems.append(_describe_missing(where, section.label, wanted, names))
    return None


def _describe_missing(where: str, label: str, wanted: str, names: set[str]) -> str:
    shown = [escape_controls(name)[:60] for name in sorted(names)]
    rest = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    existing = ", ".join(shown[:_SHOWN]) + rest if shown else "none at all"
    return f"{where}: there is no {label} '{escape_controls(wanted)}', but {existing}"
