"""How listings are narrowed and cut into pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tests.fake_cloud.messages import Document, RefusalError

Query = Mapping[str, list[str]]

_PAGING = frozenset(
    "fields limit marker offset page_reverse sort sort_dir sort_key all_tenants".split()
)
_TAG_FILTERS = ("tags", "tags-any", "not-tags", "not-tags-any")


def narrow_network(documents: list[Document], query: Query) -> list[Document]:
    """Narrow as neutron does: values of one attribute are alternatives."""
    filters = {
        name: values
        for name, values in query.items()
        if name not in _PAGING and name not in _TAG_FILTERS
    }
    return [
        item
        for item in documents
        if has_tags(item, query)
        and all(_has_any(item.get(name), values) for name, values in filters.items())
    ]


def _has_any(value: Any, wanted: list[str]) -> bool:
    if isinstance(value, list):
        return any(_has_any(item, wanted) for item in value)
    if isinstance(value, dict):
        pairs = (text.partition("=") for text in wanted)
        return any(str(value.get(name)) == text for name, _, text in pairs)
    return any(is_same(value, text) for text in wanted)


def is_same(value: Any, text: str) -> bool:
    """Tell whether a value is what the text of a query means."""
    if isinstance(value, bool):
        return value == (text.lower() in ("true", "1"))
    if value is None:
        return text in ("", "None", "null")
    return str(value) == text


def has_tags(document: Document, query: Query) -> bool:
    """Tell whether a document has the tags of a query (neutron's and nova's words)."""
    own = set(document.get("tags") or ())
    wanted = {name: set(",".join(query.get(name, [])).split(",")) for name in _TAG_FILTERS}
    return (
        ("tags" not in query or wanted["tags"] <= own)
        and ("tags-any" not in query or bool(wanted["tags-any"] & own))
        and ("not-tags" not in query or not wanted["not-tags"] <= own)
        and ("not-tags-any" not in query or not wanted["not-tags-any"] & own)
    )


def narrow_plain(documents: list[Document], query: Query) -> list[Document]:
    """Narrow by equality with all that is given; what no document has narrows nothing."""
    known = {name for item in documents for name in item}
    filters = {name: values for name, values in query.items() if name in known - _PAGING}
    return [
        item
        for item in documents
        if all(is_same(item.get(name), values[-1]) for name, values in filters.items())
    ]


def narrow_servers(documents: list[Document], query: Query) -> list[Document]:
    """Narrow as nova does: a name is a regular expression."""
    others = {
        name: values
        for name, values in query.items()
        if name not in _TAG_FILTERS and name != "name"
    }
    names = query.get("name", [""])
    return [
        item
        for item in narrow_plain(documents, others)
        if has_tags(item, query) and re.search(names[-1], item["name"])
    ]


def cut_page(
    documents: list[Document], query: Query, longest: int | None
) -> tuple[list[Document], str]:
    """Return one page and the query of the next one, ``""`` after the last.

    A full page has a next one even if that is empty: all services answer so.
    """
    given = query.get("limit")
    limit = int(given[0]) if given and given[0].isdecimal() and int(given[0]) else None
    if longest is not None:
        limit = min(limit or longest, longest)
    first = 0
    if marker := query.get("marker"):
        ids = [str(item["id"]) for item in documents]
        if marker[0] not in ids:
            raise RefusalError(400, f"marker [{marker[0]}] not found", "InvalidInput")
        first = ids.index(marker[0]) + 1
    elif offset := query.get("offset"):
        first = int(offset[0])
    page = documents[first:] if limit is None else documents[first : first + limit]
    if limit is None or len(page) < limit or not page:
        return page, ""
    following = {name: values for name, values in query.items() if name != "marker"}
    following |= {"limit": [str(limit)], "marker": [str(page[-1]["id"])]}
    return page, urlencode(following, doseq=True)
