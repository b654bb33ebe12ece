"""The export directory; its format is described in the documentation."""
