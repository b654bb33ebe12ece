"""Moves a workload between two OpenStack clouds that share nothing, with a tenant's rights only."""

from importlib.metadata import version

__version__ = version("os-downpour")
