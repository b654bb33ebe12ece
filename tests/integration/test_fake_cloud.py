"""What the fake cloud answers is what real services answer, wherever both can be asked."""

from __future__ import annotations

from demo.sandbox.projects import Project
from tests.fake_cloud import FakeCloud
from tests.fake_cloud.observation import observe


def test_the_fake_answers_as_the_services_do(source: Project) -> None:
    """The same questions get the same statuses, filters find the same, and no key is missing."""
    with FakeCloud() as cloud:
        fake = observe(cloud.make_connection())
    real = observe(source.connection)
    differences = {
        label: {"real": value, "fake": fake.seen.get(label)}
        for label, value in real.seen.items()
        if value != fake.seen.get(label)
    }
    assert differences == {}
    missing = {label: sorted(keys - fake.keys[label]) for label, keys in real.keys.items()}
    assert {label: keys for label, keys in missing.items() if keys} == {}
