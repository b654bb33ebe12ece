"""The resource file: every problem with its line, and adding to it without disturbing it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import yaml

from downpour.errors import DownpourError, UsageError
from downpour.selection import Addition, Entry, add_entries, read_selection

EXAMPLE = """\
servers:
  - name: downpour-demo-tiny
    # Create the server using a separate key than it was created with.
    key_name: downpour-demo2
keypairs:
  - name: downpour-demo
  - name: downpour-demo2
images:
  - name: cirros-0.3.5-x86_64-disk
volumes:
  - name: downpour-demo-unattached
    save_state: false
"""


def write(directory: Path, content: str | bytes) -> Path:
    """Write a resource file and return its path."""
    path = directory / "resources.yml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read_problems(directory: Path, content: str | bytes) -> list[tuple[int, str]]:
    """Return ``(line, message)`` for each problem of a bad file."""
    path = write(directory, content)
    with pytest.raises(UsageError) as caught:
        read_selection(path)
    problems = []
    for problem in caught.value.problems:
        place, _, line = problem.what.rpartition(":")
        assert place == str(path)
        problems.append((int(line), f"{problem.why}; {problem.todo}"))
    return problems


def test_the_format_of_2017(tmp_path: Path) -> None:
    """The file of the old documentation means what it always meant."""
    selection = read_selection(write(tmp_path, EXAMPLE))
    assert selection.entries == (
        Entry("server", 2, "downpour-demo-tiny", key_name="downpour-demo2"),
        Entry("keypair", 6, "downpour-demo"),
        Entry("keypair", 7, "downpour-demo2"),
        Entry("image", 9, "cirros-0.3.5-x86_64-disk"),
        Entry("volume", 11, "downpour-demo-unattached", is_state_saved=False),
    )


@pytest.mark.parametrize(
    "content",
    [
        EXAMPLE.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + EXAMPLE.encode(),
        b"\xef\xbb\xbf" + EXAMPLE.replace("\n", "\r\n").encode(),
        b"---\n" + EXAMPLE.encode(),
        EXAMPLE.rstrip("\n").encode(),
    ],
    ids=["CRLF", "BOM", "BOM and CRLF", "document start", "no line end"],
)
def test_editors_of_all_systems(tmp_path: Path, content: bytes) -> None:
    """What editors do to a file does not change what it says."""
    expected = read_selection(write(tmp_path, EXAMPLE)).normalize()
    assert read_selection(write(tmp_path, content)).normalize() == expected


@pytest.mark.parametrize("word", ["true", "True", "yes", "on", "TRUE"])
@pytest.mark.parametrize("other", ["false", "no", "Off"])
def test_words_for_true_and_false(tmp_path: Path, word: str, other: str) -> None:
    """All of YAML's words for true and false can be used."""
    text = f"volumes:\n  - {{name: a, save_state: {word}}}\n  - {{name: b, save_state: {other}}}\n"
    saved = [entry.is_state_saved for entry in read_selection(write(tmp_path, text)).entries]
    assert saved == [True, False]


@pytest.mark.parametrize("name", ['""', "'007'", '"yes"', '"a: b"', "'{{ x }}'", '"two\\nlines"'])
def test_any_text_is_a_name(tmp_path: Path, name: str) -> None:
    """In quotes everything is a name, the empty one of a volume too."""
    (entry,) = read_selection(write(tmp_path, f"volumes:\n  - name: {name}\n")).entries
    assert entry.name == yaml.safe_load(name)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("", 1, "the file is empty"),
        ("# nothing\n", 1, "the file is empty"),
        ("{}\n", 1, "no section"),
        ("- name: web\n", 1, "expected the sections"),
        ("web\n", 1, "expected the sections"),
        ("servers:\n  - name: a\n - name: b\n", 3, "not YAML"),
        ("servers:\n\t- name: a\n", 2, "not YAML"),
        ("servers: [\n", 2, "not YAML"),
        ("servers: *web\n", 1, "not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "not YAML"),
        ("servers: \x1b\n", 1, "not YAML"),
        ("[" * 1000, 1, "nested too deeply"),
        ("servers:\n", 1, "section servers is empty"),
        ("images: ~\n", 1, "section images is empty"),
        ("images: []\n", 1, "section images is empty"),
        ("volumes: {}\n", 1, "section volumes must be a list"),
        ("volumes: web\n", 1, "section volumes must be a list"),
        ("volumes:\n  name: web\n", 1, "section volumes must be a list"),
        ("servers:\n  - web\n", 2, "an entry of servers must have keys"),
        ("servers:\n  - [name, web]\n", 2, "an entry of servers must have keys"),
        ("servers:\n  -\n", 2, "an entry of servers must have keys"),
        ("server:\n  - name: web\n", 1, 'unknown section "server"; did you mean servers?'),
        ("networks:\n  - name: a\n", 1, "unknown section"),
        ("? [a]\n: b\n", 1, "unknown section"),
        ("servers:\n  - nmae: web\n", 2, 'unknown key of a server "nmae"; did you mean name?'),
        ("servers:\n  - name: a\n    savestate: true\n", 3, "did you mean save_state?"),
        ("keypairs:\n  - name: a\n    key_name: b\n", 3, 'unknown key of a keypair "key_name"'),
        ("images:\n  - name: a\n    save_state: true\n", 3, "unknown key of a image"),
        ("servers:\n  - key_name: a\n", 2, "the server has neither name nor id"),
        ("servers:\n  - {}\n", 2, "the server has neither name nor id"),
        ("servers:\n  - name: a\n    name: b\n", 3, "key of a server name stands here a second"),
        (
            "servers:\n  - name: a\nservers:\n  - name: b\n",
            3,
            "section servers stands here a second time",
        ),
        ("servers:\n  - name: 7\n", 2, "name must be text; put it in quotes"),
        ("servers:\n  - name: 007\n", 2, "name must be text; put it in quotes"),
        ("servers:\n  - name: yes\n", 2, "name must be text; put it in quotes"),
        ("servers:\n  - name: 2001-01-01\n", 2, "name must be text"),
        ("servers:\n  - name:\n", 2, "name must be text"),
        ("servers:\n  - name: [a]\n", 2, "name must be text"),
        ("servers:\n  - name: !unsafe a\n", 2, "name must be text"),
        ("servers:\n  - id: ''\n", 2, "id is empty"),
        ("servers:\n  - {name: a, key_name: ''}\n", 2, "key_name is empty"),
        ("volumes:\n  - name: a\n    save_state: 'no'\n", 3, "save_state must be true or false"),
        ("volumes:\n  - name: a\n    save_state: 0\n", 3, "save_state must be true or false"),
        ("volumes:\n  - name: a\n    save_state:\n", 3, "save_state must be true or false"),
    ],
)
def test_each_problem_has_its_line(tmp_path: Path, content: str, line: int, message: str) -> None:
    """Each way to write the file wrong is one problem, in the words and at the line of the file."""
    ((found_line, found_message),) = read_problems(tmp_path, content)
    assert found_line == line
    assert message in found_message


def test_all_problems_at_once(tmp_path: Path) -> None:
    """A file with many problems gives all of them in one go, in the order of the file."""
    content = (
        "server:\n  - name: a\nservers:\n  - nam: b\n  - name: 7\n    save_state: maybe\n"
        "  - name: good\nimages: []\nvolumes:\n  - save_state: false\n"
    )
    problems = read_problems(tmp_path, content)
    assert [line for line, _ in problems] == [1, 4, 5, 6, 8, 10]


def test_line_numbers_of_windows_files(tmp_path: Path) -> None:
    """Line ends of two characters count as one."""
    ((line, _),) = read_problems(tmp_path, "servers:\r\n  - name: a\r\n  - nam: b\r\n")
    assert line == 3


def test_a_hostile_key_is_shown_safely(tmp_path: Path) -> None:
    """Control characters of the file do not reach the terminal by way of the message."""
    path = write(tmp_path, 'servers:\n  - "\\e[31mred\\n": a\n')
    with pytest.raises(UsageError) as caught:
        read_selection(path)
    assert "\x1b" not in str(caught.value)
    assert "\\x1b[31mred\\n" in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"servers:\n  - name: \xe9\n"])
def test_not_utf8(tmp_path: Path, content: bytes) -> None:
    """A file in another encoding is a problem of the file, not a crash."""
    with pytest.raises(UsageError, match="cannot be read as UTF-8"):
        read_selection(write(tmp_path, content))


def test_no_file(tmp_path: Path) -> None:
    """A missing file says how to make one."""
    with pytest.raises(UsageError, match=r"no such file.*downpour query"):
        read_selection(tmp_path / "no.yml")
    with pytest.raises(UsageError, match="cannot be read"):
        read_selection(tmp_path)


def test_anchors_are_followed(tmp_path: Path) -> None:
    """Aliases mean what they stand for, with the line of what they stand for."""
    text = "servers:\n  - &web\n    name: web\nvolumes:\n  - *web\n"
    assert read_selection(write(tmp_path, text)).entries == (
        Entry("server", 2, "web"),
        Entry("volume", 2, "web"),
    )


def test_layout_does_not_matter(tmp_path: Path) -> None:
    """Two files that ask for the same are the same export; what they ask for counts."""
    one = read_selection(write(tmp_path, EXAMPLE)).normalize()
    two = read_selection(
        write(
            tmp_path,
            "volumes: [{save_state: off, name: downpour-demo-unattached}]\n"
            "images: [{name: cirros-0.3.5-x86_64-disk}]\n"
            "keypairs: [{name: downpour-demo2}, {name: downpour-demo}]\n"
            "servers: [{name: downpour-demo-tiny, key_name: downpour-demo2}]\n",
        )
    ).normalize()
    other = read_selection(write(tmp_path, EXAMPLE.replace("false", "true"))).normalize()
    assert one == two
    assert one != other


HAND_WRITTEN = """\
# The move of October.

keypairs:   # only public halves
  - name: 'one'      # quoted
  - {name: "two"}

servers:
# the old ones
- name: web      # first
  save_state: no
- id: 00000001-0000-4000-8000-000000000000
"""


def test_additions_keep_what_was_written(tmp_path: Path) -> None:
    """Comments, order and quotes stay, and new entries stand at the ends of their sections."""
    path = write(tmp_path, HAND_WRITTEN)
    add_entries(
        path,
        [
            Addition("server", "id-1", "db", is_name_enough=True),
            Addition("volume", "id-2", "data", is_name_enough=True, is_state_saved=False),
        ],
    )
    # Only the width of blanks may change, where a file indents its lists now so, now so.
    kept = [line.split() for line in HAND_WRITTEN.splitlines() if line]
    lines = [line.split() for line in path.read_text().splitlines()]
    assert [line for line in lines if line in kept] == kept
    names = [(entry.type, entry.name) for entry in read_selection(path).entries]
    assert names == [
        ("keypair", "one"),
        ("keypair", "two"),
        ("server", "web"),
        ("server", None),
        ("server", "db"),
        ("volume", "data"),
    ]
    assert not read_selection(path).entries[-1].is_state_saved


def test_a_second_addition_only_adds_lines(tmp_path: Path) -> None:
    """A file that downpour wrote is extended without a change to a line of it."""
    path = tmp_path / "resources.yml"
    add_entries(path, [Addition("server", "1", "a", is_name_enough=True)])
    before = path.read_text()
    add_entries(path, [Addition("server", "2", "b", is_name_enough=True)])
    assert path.read_text() == before + "  - name: b\n"


@pytest.mark.parametrize("indent", ["", "  "])
def test_an_addition_to_a_hand_written_file_only_adds_lines(tmp_path: Path, indent: str) -> None:
    """Lists stay indented as they were, and a comment above a section stays above it."""
    written = f"""\
# what shall move
volumes:
{indent}- name: a   # why
{indent}  save_state: false # x

# the servers
servers:
{indent}- {{name: b}}   # flow

# the images
images:
{indent}- name: last
# the end
"""
    path = write(tmp_path, written)
    additions = [
        Addition("volume", "id-1", "new", is_name_enough=True),
        Addition("volume", "id-2", "twin", is_name_enough=False),
        Addition("server", "id-3", "other", is_name_enough=True, is_state_saved=False),
        Addition("image", "id-4", "twin", is_name_enough=False),
    ]
    add_entries(path, additions)
    added = [
        f"{indent}- name: new",
        f'{indent}- id: id-2  # "twin"',
        f"{indent}- name: other",
        f"{indent}  save_state: false",
        f'{indent}- id: id-4  # "twin"',
    ]
    lines = path.read_text().splitlines()
    assert [line for line in lines if line not in added] == written.splitlines()
    assert [line for line in lines if line in added] == added


def test_twins_are_added_by_id(tmp_path: Path) -> None:
    """Where a name is not enough the id stands in the file, and the name as a comment."""
    path = tmp_path / "resources.yml"
    add_entries(path, [Addition("volume", "id-1", "twin", is_name_enough=False)])
    assert path.read_text() == 'volumes:\n  - id: id-1  # "twin"\n'


@pytest.mark.parametrize(
    "name",
    [
        "{{ lookup('pipe', 'touch /tmp/owned') }}",
        "../../etc/x",
        "=cmd()",
        'a"b,c',
        "web (prod)",
        "[",
        "\U0001f480" * 255,
        "two\nlines",
        "- a: b # c",
        "007",
        "yes",
        "12:30:45",
        "=",
        "~",
        "1e3",
        "0x1f",
        "2001-01-01",
        " blanks ",
        "\x1b[31m\x85\u2028",
        "!!python/none",
        "&a *b",
        "x" * 5000,
    ],
)
@pytest.mark.parametrize("is_name_enough", [True, False])
def test_hostile_names(tmp_path: Path, name: str, is_name_enough: bool) -> None:
    """Any name can be added, as itself or as a comment, and does not disturb the file."""
    path = write(tmp_path, "servers:\n  - name: first\n")
    add_entries(
        path,
        [
            Addition("server", "id-1", name, is_name_enough),
            Addition("server", "id-2", "last", is_name_enough=True),
        ],
    )
    expected = Entry("server", 3, name=name) if is_name_enough else Entry("server", 3, id="id-1")
    first, added, last = read_selection(path).entries
    assert (first.name, added, last.name) == ("first", expected, "last")


@pytest.mark.parametrize("content", ["", "# only a comment\n", "---\n", "\n\n"])
def test_adding_to_an_empty_file(tmp_path: Path, content: str) -> None:
    """A file without entries is as good as none."""
    path = write(tmp_path, content)
    add_entries(path, [Addition("image", "id", "base", is_name_enough=True)])
    assert [entry.name for entry in read_selection(path).entries] == ["base"]


@pytest.mark.parametrize("content", ["\ufeffimages:\n  - name: a\n", "images:\r\n  - name: a\r\n"])
def test_adding_to_a_file_of_another_editor(tmp_path: Path, content: str) -> None:
    """A file with a byte order mark or with line ends of two characters can be extended."""
    path = write(tmp_path, content)
    add_entries(path, [Addition("image", "id", "b", is_name_enough=True)])
    assert [entry.name for entry in read_selection(path).entries] == ["a", "b"]


def test_the_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    """An existing file keeps its permissions, and a link to it stays a link."""
    path = write(tmp_path, "images:\n  - name: a\n")
    path.chmod(0o640)
    link = tmp_path / "link.yml"
    link.symlink_to(path)
    add_entries(link, [Addition("image", "id", "b", is_name_enough=True)])
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert len(read_selection(path).entries) == 2


def test_a_new_file_is_private(tmp_path: Path) -> None:
    """A file that downpour makes is for its owner only."""
    path = tmp_path / "new.yml"
    add_entries(path, [Addition("image", "id", "b", is_name_enough=True)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failure_keeps_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the new content cannot be written, the old file is whole and nothing else is there."""
    path = write(tmp_path, EXAMPLE)

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DownpourError, match="the disk is full"):
        add_entries(path, [Addition("image", "id", "b", is_name_enough=True)])
    assert path.read_text() == EXAMPLE
    assert os.listdir(tmp_path) == [path.name]
