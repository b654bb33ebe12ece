"""One cloud per release for all tests of the collection that need a whole one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils import identity, waiting

from tests.fake_cloud import FakeCloud
from tests.unit.collection.examples import RELEASES, Case
from tests.unit.collection.stage import Stage


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    """A stage per release, by the release's name."""
    clouds = [FakeCloud(release) for release in RELEASES]
    directory = tmp_path_factory.mktemp("stages")
    yield {
        cloud.release.name: Stage(cloud, directory / cloud.release.name / "bundle")
        for cloud in clouds
    }
    for cloud in clouds:
        cloud.close()


@pytest.fixture
def stage(case: Case, stages: dict[str, Stage], monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The stage for the test's case, where nobody waits long."""
    pauses = identity._LOST_ANSWER_PAUSES_SECONDS
    monkeypatch.setattr(identity, "_LOST_ANSWER_PAUSES_SECONDS", (0.0,) * len(pauses))
    monkeypatch.setattr(waiting, "_FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(waiting, "_LONGEST_PAUSE_SECONDS", 0.001)
    return stages[case.release.name]
