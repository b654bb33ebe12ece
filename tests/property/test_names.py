"""Names in the playbook are identifiers, unique, and the same whatever the order."""

from __future__ import annotations

import re
import uuid

from hypothesis import given
from hypothesis import strategies as st

from downpour.playbook.names import choose_names

ids = st.uuids().map(str) | st.text(min_size=1, max_size=20)
labels = st.text(max_size=60) | st.sampled_from(["", "web", "Web", "web!", "web_", "ß", "{{ x }}"])
labelled = st.dictionaries(ids, labels, max_size=12)


@given(items=labelled, prefix=st.sampled_from(["server", "security_group"]))
def test_names_are_unique_identifiers(items: dict[str, str], prefix: str) -> None:
    """Each resource has a variable of its own, which Jinja and Python take for an identifier."""
    names = choose_names(prefix, items.items())
    assert set(names) == set(items)
    assert len(set(names.values())) == len(items)
    for name in names.values():
        assert re.fullmatch(rf"{prefix}_[a-z0-9_]*[a-z0-9]", name), name


@given(items=labelled, data=st.data())
def test_names_do_not_depend_on_the_order(items: dict[str, str], data: st.DataObject) -> None:
    """Two listings of the same resources in another order give the same names."""
    shuffled = data.draw(st.permutations(list(items.items())))
    assert choose_names("server", shuffled) == choose_names("server", items.items())


@given(st.sets(st.integers(0, 3), min_size=2), st.text(max_size=5))
def test_ids_that_begin_alike_are_told_apart(numbers: set[int], label: str) -> None:
    """Twins whose ids begin with the same eight digits get longer names, not the same one."""
    items = {str(uuid.UUID(int=number)): label for number in numbers}
    assert len(set(choose_names("port", items.items()).values())) == len(numbers)
