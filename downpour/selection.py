"""The resource file: its schema, reading it with all its problems, and adding entries to it."""

from __future__ import annotations

import dataclasses
import difflib
import io
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ruamel.yaml
import ruamel.yaml.comments
import ruamel.yaml.error
import ruamel.yaml.scalarstring
import ruamel.yaml.tokens
import yaml

from downpour.errors import Problem, UsageError, raise_all
from downpour.files import translate_disk_errors, write_file
from downpour.resources import NAMED_TYPES
from downpour.text import printable, quoted

# The type that each section of a resource file names.
SECTIONS = {item.section.name: item.name for item in NAMED_TYPES if item.section}
_TEXT_KEYS = ("name", "id")
_EXTRA_KEYS = {item.section.name: item.section.keys for item in NAMED_TYPES if item.section}


@dataclasses.dataclass(frozen=True)
class Entry:
    """One entry of a resource file; ``line`` counts from 1."""

    type: str
    line: int
    name: str | None = None
    id: str | None = None
    is_state_saved: bool = True
    key_name: str | None = None

    def describe(self) -> str:
        """Return what the entry names, for a message."""
        by = f"id {printable(self.id)}" if self.id is not None else quoted(self.name)
        return f"{self.type} {by}"


@dataclasses.dataclass(frozen=True)
class Selection:
    """A resource file without a problem in it."""

    path: Path
    entries: tuple[Entry, ...]

    def normalize(self) -> list[dict[str, Any]]:
        """Return what the file asks for, without its layout and comments."""
        rows = [
            {key: value for key, value in dataclasses.asdict(entry).items() if key != "line"}
            for entry in self.entries
        ]
        return sorted(rows, key=lambda row: [str(row[key]) for key in ("type", "name", "id")])


def read_selection(path: Path) -> Selection:
    """Read a resource file.

    Raises :class:`UsageError` with every problem of the file and its line.
    """
    text = _read_text(path)
    parser = _Parser(path)
    entries = tuple(parser.read_document(text))
    raise_all(parser.problems, UsageError)
    return Selection(path, entries)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(
            Problem("no-file", printable(path), "there is no such file", "make it: downpour query")
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            Problem("unreadable", printable(path), f"it cannot be read as UTF-8 text: {error}")
        ) from error


class _Parser:
    """Walks YAML's node tree, which knows the lines, and collects problems."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def complain(self, line: int, why: str, todo: str = "") -> None:
        self.problems.append(Problem("resource-file", f"{printable(self.path)}:{line}", why, todo))

    def read_document(self, text: str) -> Iterator[Entry]:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            position = getattr(error, "position", len(text))
            line = mark.line + 1 if mark else text.count("\n", 0, position) + 1
            reason = getattr(error, "problem", None) or str(error).splitlines()[0]
            self.complain(line, f"not YAML: {reason}")
            return
        except RecursionError:
            self.complain(1, "not a resource file: it is nested too deeply")
            return
        if root is None:
            self.complain(1, "the file is empty", f"name resources under {', '.join(SECTIONS)}")
            return
        if not isinstance(root, yaml.MappingNode):
            self.complain(root.start_mark.line + 1, f"expected the sections {', '.join(SECTIONS)}")
            return
        found = False
        for section, node, line in self.read_pairs(root, tuple(SECTIONS), "section"):
            found = True
            yield from self.read_section(section, node, line)
        if not found and not self.problems:
            self.complain(1, "no section", f"name resources under {', '.join(SECTIONS)}")

    def read_pairs(
        self, node: yaml.MappingNode, allowed: Sequence[str], what: str
    ) -> Iterator[tuple[str, yaml.Node, int]]:
        """Yield ``(key, value, line)`` of a mapping; complain about keys unknown or repeated."""
        seen: set[str] = set()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(allowed)}"
                self.complain(line, f"unknown {what} {quoted(key)}", hint)
            elif key in seen:
                self.complain(line, f"{what} {key} stands here a second time", "merge the two")
            else:
                seen.add(key)
                yield key, value_node, line

    def read_section(self, section: str, node: yaml.Node, line: int) -> Iterator[Entry]:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null":
            self.complain(line, f"section {section} is empty", "add an entry or remove it")
        elif not isinstance(node, yaml.SequenceNode):
            self.complain(line, f"section {section} must be a list", "begin each entry with '- '")
        elif not node.value:
            self.complain(line, f"section {section} is empty", "add an entry or remove it")
        else:
            for item in node.value:
                yield from self.read_entry(section, item)

    def read_entry(self, section: str, node: yaml.Node) -> Iterator[Entry]:
        line = node.start_mark.line + 1
        kind = SECTIONS[section]
        if not isinstance(node, yaml.MappingNode):
            self.complain(line, f"an entry of {section} must have keys", "write '- name: NAME'")
            return
        before = len(self.problems)
        values: dict[str, Any] = {}
        for key, value, at in self.read_pairs(
            node, _TEXT_KEYS + _EXTRA_KEYS[section], f"key of a {kind}"
        ):
            values[key] = self.read_value(key, value, at)
        if "name" not in values and "id" not in values and len(self.problems) == before:
            self.complain(line, f"the {kind} has neither name nor id", "add one of them")
        if len(self.problems) == before:
            yield Entry(
                type=kind,
                line=line,
                name=values.get("name"),
                id=values.get("id"),
                is_state_saved=values.get("save_state", True),
                key_name=values.get("key_name"),
            )

    def read_value(self, key: str, node: yaml.Node, line: int) -> Any:
        expected = "bool" if key == "save_state" else "str"
        if not isinstance(node, yaml.ScalarNode) or node.tag != f"tag:yaml.org,2002:{expected}":
            words = "true or false" if expected == "bool" else "text; put it in quotes"
            self.complain(line, f"{key} must be {words}")
            return None
        if expected == "bool":
            return yaml.SafeLoader.bool_values[node.value.lower()]
        if key in ("id", "key_name") and not node.value:
            self.complain(line, f"{key} is empty")
        return node.value


@dataclasses.dataclass(frozen=True)
class Addition:
    """An entry to add: by name, or by id, with the name as a comment, where that is not enough."""

    type: str
    id: str
    name: str
    is_name_enough: bool
    is_state_saved: bool = True


def add_entries(path: Path, additions: Sequence[Addition]) -> None:
    """Add entries at the end of their sections, keeping comments, order and layout.

    The file is replaced in one step; where there is none, it is made. Raises :class:`DownpourError`
    when it cannot be written.
    """
    target = Path(os.path.realpath(path))
    yaml_file = ruamel.yaml.YAML()
    yaml_file.preserve_quotes = True
    yaml_file.width = 4096
    text = _read_text(target) if target.exists() else ""
    offset = _find_list_offset(text)
    yaml_file.indent(mapping=2, sequence=offset + 2, offset=offset)
    document = yaml_file.load(text) or ruamel.yaml.comments.CommentedMap()
    sections = {kind: section for section, kind in SECTIONS.items()}
    for addition in additions:
        section = document.setdefault(sections[addition.type], ruamel.yaml.comments.CommentedSeq())
        entry = ruamel.yaml.comments.CommentedMap()
        if addition.is_name_enough:
            entry["name"] = _protect_name(addition.name)
        else:
            entry["id"] = addition.id
            entry.yaml_add_eol_comment(f"{quoted(addition.name)}", "id")
        if not addition.is_state_saved and "save_state" in _EXTRA_KEYS[sections[addition.type]]:
            entry["save_state"] = False
        following = _take_following_lines(section)
        section.append(entry)
        _put_following_lines(entry, following)
    stream = io.StringIO()
    yaml_file.dump(document, stream)
    _replace_file(target, stream.getvalue())


def _take_following_lines(section: ruamel.yaml.comments.CommentedSeq) -> str:
    """Cut off the blank lines and comments that stand between a section and what follows it.

    ruamel.yaml keeps them with the last value before them, where they would stay.
    """
    if not section:
        return ""
    entry = section[-1]
    places = [(section.ca.items, len(section) - 1, 0)]
    if isinstance(entry, ruamel.yaml.comments.CommentedMap) and entry:
        places.append((entry.ca.items, list(entry)[-1], 2))
    for comments, key, place in places:
        token = (comments.get(key) or [None] * 4)[place]
        if token is not None:
            own, _, following = token.value.partition("\n")
            if own:
                token.value = own + "\n"
            else:
                del comments[key]
            return str(following)
    return ""


def _put_following_lines(entry: ruamel.yaml.comments.CommentedMap, following: str) -> None:
    """Put back after a section's last entry what was cut off."""
    if following:
        last = list(entry)[-1]
        token = (entry.ca.items.get(last) or [None] * 4)[2]
        own = token.value if token is not None else ""
        mark = ruamel.yaml.error.CommentMark(token.column if token is not None else 0)
        token = ruamel.yaml.tokens.CommentToken(f"{own.rstrip()}\n{following}", mark, None)
        entry.ca.items[last] = [None, None, token, None]


def _find_list_offset(text: str) -> int:
    """Return how far the file indents its lists, so that they are written as they were."""
    first = re.search(r"^( *)- ", text, re.MULTILINE)
    return len(first.group(1)) if first else 2


def _protect_name(name: str) -> str:
    """Return ``name`` such that it is written in quotes where it would be read as something else.

    ruamel.yaml writes YAML 1.2, where ``yes`` and ``12:30`` are text; what is read is YAML 1.1.
    """
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, name, (True, False))  # type: ignore[no-untyped-call]
    is_text = tag == "tag:yaml.org,2002:str"
    return name if is_text else ruamel.yaml.scalarstring.DoubleQuotedScalarString(name)


def _replace_file(target: Path, text: str) -> None:
    with translate_disk_errors(printable(target)):
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
        write_file(target, text.encode(), mode)
