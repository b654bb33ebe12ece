"""Any text from a cloud comes out of Ansible as it went in, and nothing of it is evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from downpour.playbook import quoting
from downpour.playbook.quoting import Template, format_block, format_value
from tests.unit.playbook.reading import evaluate, load_file, read_back

OWNED = Path("/tmp/downpour-owned")
SPECIMENS = [
    "",
    " ",
    "~",
    "~\n",
    "\n",
    "\r\n",
    "null",
    "yes",
    "True",
    "off\n",
    "007",
    "7\n",
    "1e3",
    "1_000",
    "0x1f",
    "0b1",
    "12:30:45",
    ".inf",
    ".NaN",
    "2001-01-01",
    "2001-01-01T00:00:00Z",
    "<<",
    "=",
    "?",
    "- a",
    "a: b",
    "a #b",
    "# a",
    "&a",
    "*a",
    "!unsafe",
    "!!python/object/apply:os.system ['id']",
    "!vault |",
    "%YAML 1.1",
    "---",
    "--- a",
    "...",
    "'",
    '"',
    "\\",
    "\\n",
    "a\\",
    "@a",
    "`a`",
    "|",
    ">-",
    "{",
    "{}",
    "}",
    "[",
    "[]",
    "{a: b}",
    " lead",
    "trail ",
    "\ttab\t",
    "two\nlines",
    "two\n\n  lines\n",
    "\x00\x01\x1b[31m\x7f",
    "\x85nel\x85",
    "\u2028ls\u2029",
    "\ufeffbom",
    "\ufffe\uffff",
    "\U0001f480" * 255,
    "\U0010ffff",
    "x" * 5000,
    "word " * 1000,
    "{{ 7*7 }}",
    "{{",
    "}}",
    "{% raw %}",
    "{%",
    "{# comment #}",
    "{#",
    "{ { 7*7 } }",
    "{{ '{{' }}",
    "{{ lookup('pipe','touch /tmp/downpour-owned') }}",
    "#jinja2: variable_start_string: '[['\n[[ 7*7 ]]",
    "{{ omit }}",
    "{{ nothing_of_this_name }}",
    "{{ 7*7 }}\n",
    "~ {{ 7*7 }}",
    "2001-01-01 {{",
    "$(touch /tmp/downpour-owned)",
]
# Surrogates stand for no character: no service can store them as UTF-8.
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    st.text(
        st.sampled_from("{}%#!&*~-:?|>'\"\\ \n\r\t\x00\x85\u2028\ufeffab07=.,@`[]<_$é☃"),
        max_size=30,
    ),
    st.sampled_from(SPECIMENS),
    st.tuples(st.sampled_from(SPECIMENS), st.sampled_from(SPECIMENS)).map("".join),
)
values = st.recursive(
    st.one_of(texts, st.none(), st.booleans(), st.integers()),
    lambda children: st.one_of(
        st.lists(children, max_size=4), st.dictionaries(texts, children, max_size=4)
    ),
    max_leaves=8,
)
in_one_directory = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)


@pytest.fixture(autouse=True)
def nothing_is_run() -> Iterator[None]:
    """Fails the test if one of the specimens was run as a command."""
    OWNED.unlink(missing_ok=True)
    yield
    assert not OWNED.exists()


def same(value: Any, expected: Any) -> bool:
    """Tell whether two values are equal and of the same types: ``1`` is not ``True``."""
    if not isinstance(value, type(expected)) or isinstance(value, bool) != isinstance(
        expected, bool
    ):
        return False
    if isinstance(expected, dict):
        return list(value) == list(expected) and all(
            same(value[key], item) for key, item in expected.items()
        )
    if isinstance(expected, list):
        return len(value) == len(expected) and all(map(same, value, expected))
    return bool(value == expected)


@pytest.mark.parametrize("text", SPECIMENS, ids=ascii)
def test_specimens_come_back(text: str, tmp_path: Path) -> None:
    """Each known trap of YAML and Jinja is the same text again: alone, in a block, as a key."""
    value = {"alone": text, text: "as a key", "list": [text, {"deep": {text: text}}]}
    path = tmp_path / "block.yml"
    assert same(read_back(path, "args:\n" + format_block(value, 2) + "\n")["args"], value)
    assert same(read_back(tmp_path / "value.yml", f"key: {format_value(text)}\n"), {"key": text})


@in_one_directory
@given(value=values)
def test_blocks_come_back(value: Any, tmp_path: Path) -> None:
    """Whatever structure of texts a task is given, Ansible hands it on unchanged."""
    text = "- task:\n    argument:\n      nested:\n" + format_block({"value": value}, 8) + "\n"
    (read,) = read_back(tmp_path / "block.yml", text)
    assert same(read["task"]["argument"]["nested"]["value"], value)


@in_one_directory
@given(text=texts)
@example(text="a\nb")
def test_scalars_stay_on_one_line(text: str, tmp_path: Path) -> None:
    """A scalar is one line that can follow a key, whatever is in the text."""
    line = format_value(text)
    assert line.splitlines() == [line]
    assert same(read_back(tmp_path / "scalar.yml", f"---\nkey: {line}\nnext: 1\n")["key"], text)


def test_the_reader_does_evaluate(tmp_path: Path) -> None:
    """The test's own reader evaluates what is not protected, so the tests above can fail."""
    path = tmp_path / "open.yml"
    path.write_text('key: "{{ word * 2 }}"\nlist: ["{{ word }}"]\n')
    assert evaluate(load_file(path), {"word": "x"}) == {"key": "xx", "list": ["x"]}


WORDS = [
    "web",
    "a b",
    "web-01",
    "1c0f9b52-0f5d-4f3e-9d53-3a0b8a3a4f10",
    "Yes",
    "x" * 130,
    "a  b",
    "a (b)",
    "10.0.0.0/24",
    "many words " * 12 + "end",
    "x y" * 50,
]
SCALARS = st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS + SPECIMENS) | st.text()
TEMPLATES = st.sampled_from(["port_web", "a.b", "x" * 70]).map(
    lambda name: Template("{{ " + name + ".id }}")
)
BLOCKS = st.recursive(
    SCALARS | TEMPLATES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text() | st.sampled_from(WORDS), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(block=st.dictionaries(st.sampled_from(WORDS) | st.text(), BLOCKS, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_what_is_written_by_hand_is_what_yaml_writes(block: dict[str, Any]) -> None:
    """The quick way for plain words gives the very lines that PyYAML gives for the whole."""
    expected = yaml.dump(
        block, Dumper=quoting._Dumper, width=120, allow_unicode=True, sort_keys=False
    )
    assert format_block(block, 0) == expected.rstrip("\n")
