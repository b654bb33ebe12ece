"""Telling people what a bundle holds and what it does not."""
