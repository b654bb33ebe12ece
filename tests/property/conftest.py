"""Settings of hypothesis: machines that run tests are busy, so time says nothing."""

from hypothesis import settings

settings.register_profile("downpour", deadline=None)
settings.load_profile("downpour")
