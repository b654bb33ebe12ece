"""Sphinx settings. Built with `tox -e docs`; warnings are errors."""

import sys
from importlib.metadata import version as read_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "downpour"
author = "The downpour authors"
copyright = "The downpour authors"
release = version = read_version("os-downpour")

git = Path(__file__).parents[2] / ".git"
has_history = git.exists() and not (git / "shallow").exists()
release_notes = "reno.sphinxext" if has_history else "plain_release_notes"
extensions = ["cliff.sphinxext", release_notes, "resource_table"]
html_theme = "alabaster"
html_theme_options = {"description": "Moves a workload between two OpenStack clouds"}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_show_sourcelink = False
autoprogram_cliff_app_dist_name = "os-downpour"
nitpicky = True
