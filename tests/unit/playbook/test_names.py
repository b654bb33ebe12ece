"""Names of resources in the playbook; tests/property/test_names.py has the general rules."""

from __future__ import annotations

import pytest

from downpour.playbook.names import choose_names

ID = "0123abcd-1111-4222-8333-444455556666"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("web", "server_web"),
        ("Web-01.example", "server_web_01_example"),
        ("{{ lookup('pipe') }}", "server_lookup_pipe"),
        ("../../etc/x", "server_etc_x"),
        ("__class__", "server_class"),
        ("", "server_0123abcd"),
        ("☃", "server_0123abcd"),
        ("é", "server_0123abcd"),
        ("x" * 300, "server_" + "x" * 40),
        ("a" * 39 + "-b", "server_" + "a" * 39),
    ],
)
def test_readable_names(label: str, name: str) -> None:
    """What can be kept of a name is kept; a name without letters becomes a part of the id."""
    assert choose_names("server", [(ID, label)]) == {ID: name}


def test_twins_get_a_part_of_their_id() -> None:
    """Names that would be the same after simplifying are told apart, the others stay short."""
    other = ID.replace("0123abcd", "fedcba98")
    names = choose_names("server", [(ID, "web 1"), (other, "WEB-1"), ("x" + ID, "db")])
    assert names == {
        ID: "server_web_1_0123abcd",
        other: "server_web_1_fedcba98",
        "x" + ID: "server_db",
    }


def test_a_name_that_looks_like_another_ones_id() -> None:
    """A resource whose name imitates the variable of a twin does not take it."""
    other = ID.replace("0123abcd", "fedcba98")
    names = choose_names("server", [(ID, "web"), (other, "web"), ("z", "web 0123abcd")])
    assert len(set(names.values())) == 3


def test_ids_that_are_names() -> None:
    """Keypairs, whose id is their name, are told apart by a digest of it."""
    names = choose_names("keypair", [("a b", "a b"), ("a_b", "a_b"), ("☃", "☃"), ("\ud800", "")])
    assert len(set(names.values())) == 4
    assert all(name.isascii() and name.isidentifier() for name in names.values())
