"""Stub for tools that still look for a setup.py; everything is in setup.cfg."""

from setuptools import setup

setup()
