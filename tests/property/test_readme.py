"""The bundle's README.rst shows any text from a cloud as it is."""

from __future__ import annotations

import docutils.core  # type: ignore[import-untyped]
import docutils.nodes  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from downpour.report.readme import escape_markup
from downpour.text import printable

_SIGNS = "\\*`_|<>[]{}:-+=.#~^'\"ab1 \n\t\x1b☃()@/"
texts = st.one_of(
    st.text(st.sampled_from(_SIGNS), max_size=30), st.text(max_size=60), st.just("https://a.b/c_")
)


def show(source: str) -> str:
    """Return what docutils shows of a list item; any warning of it is an error."""
    document = docutils.core.publish_doctree(
        source,
        settings_overrides={
            "halt_level": 2,
            "report_level": 2,
            "warning_stream": False,
            "raw_enabled": False,
            "file_insertion_enabled": False,
            "_disable_config": True,
        },
    )
    (item,) = document.findall(docutils.nodes.list_item)
    return str(item.astext())


@settings(max_examples=300)
@given(text=texts)
@example(text=".. raw:: html")
@example(text="|x|_")
@example(text="x_")
@example(text="__")
@example(text="- a")
@example(text="*")
@example(text=".. include:: /etc/passwd")
def test_text_is_shown_as_it_is(text: str) -> None:
    """Names neither break the page nor become markup: the reader sees what the cloud has."""
    shown = show(f"* server {escape_markup(text)} (id)\n")
    # Runs of blanks are one to the reader of a page.
    assert shown.split() == f"server {printable(text)} (id)".split()
