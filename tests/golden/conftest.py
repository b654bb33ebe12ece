"""The flag that regenerates the expected bundle."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--update-golden``; it is known when this directory is named on the command line."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what is rendered now to tests/golden/bundle, to be reviewed as a diff",
    )


@pytest.fixture
def is_updating(request: pytest.FixtureRequest) -> bool:
    """Tell whether the expected files are to be written instead of compared."""
    return bool(request.config.getoption("--update-golden", default=False))
