"""What of the collection is written from its declarations: stubs, documentation, lists.

Ansible wants a file for each action and literals for ``ansible-doc``. These functions give the text
of those files by their path in the collection; ``tests/golden/test_collection.py`` compares them
with what is there, and writes them with ``--update-golden``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from ansible_collections.downpour.cloud.plugins.plugin_utils.arguments import describe_options
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NoMarker
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Module
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType

_UTILS = "ansible_collections.downpour.cloud.plugins.plugin_utils"
# The writer only breaks a line once it is longer.
_WIDTH = 75
_ACTION = '''\
"""Runs what plugin_utils/types declares; written from there."""

from __future__ import annotations

from {utils}.action import ImportAction
from {utils}.types import MODULES


class ActionModule(ImportAction):
    """{summary}."""

    MODULE = MODULES["{name}"]
'''
_MODULE = '''\
# Written from what plugin_utils/types declares.
from __future__ import annotations

DOCUMENTATION = r"""
{documentation}"""

EXAMPLES = r"""
{examples}"""

RETURN = r"""
{returns}"""
'''


class _Dumper(yaml.SafeDumper):
    """Indents sequences as ansible-lint wants them, and writes no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def generate_files(modules: Mapping[str, Module], readme: str) -> dict[str, str]:
    """Return the text of each generated file; of ``readme`` only the lists are replaced."""
    files = {
        "meta/runtime.yml": generate_runtime(modules),
        "README.md": fill_readme(readme, modules.values()),
    }
    for name, module in modules.items():
        files[f"plugins/action/{name}.py"] = _ACTION.format(
            utils=_UTILS, name=name, summary=module.summary[0].upper() + module.summary[1:]
        )
        files[f"plugins/modules/{name}.py"] = _MODULE.format(
            documentation=dump_yaml(describe_module(module)),
            examples=module.example or make_example(module),
            returns=dump_yaml(describe_returns(module)),
        )
    return files


def make_example(module: Module) -> str:
    """Return a task with the arguments that each one has to have."""
    arguments = {item.name: f"the {item.name}" for item in module.all_arguments if item.is_required}
    return dump_yaml(
        [
            {
                "name": f"Create a {module.label or module.name}",
                f"downpour.cloud.{module.module_name}": arguments,
            }
        ]
    )


def generate_runtime(modules: Iterable[str]) -> str:
    """Return meta/runtime.yml, with the group for which a play sets ``cloud`` once."""
    return "---\n" + dump_yaml(
        {"requires_ansible": ">=2.17.0", "action_groups": {"openstack": sorted(modules)}}
    )


def describe_module(module: Module) -> dict[str, Any]:
    """Return what ansible-doc calls DOCUMENTATION."""
    return {
        "module": module.module_name,
        "short_description": module.summary,
        "version_added": "1.0.0",
        "author": "The downpour authors",
        "description": module.list_description(),
        "attributes": {
            "check_mode": {
                "description": "Reports what would change and changes nothing.",
                "support": "full",
            }
        },
        "requirements": ["openstacksdk >= 4.2 in the Python that runs ansible-playbook"],
        "options": describe_options(module.all_arguments),
    }


def describe_returns(module: Module) -> dict[str, Any]:
    """Return what ansible-doc calls RETURN."""
    return {
        value.name: {
            "description": module.fill(value.description),
            "returned": value.returned,
            "type": value.kind,
            "sample": value.sample,
        }
        for value in module.returns
    }


def fill_readme(readme: str, modules: Iterable[Module]) -> str:
    """Return the text with the lists between its marks made anew."""
    listed = [f"- `{module.module_name}` {module.summary}." for module in modules]
    unmarked = [
        textwrap.fill(f"- {module.name}: {module.marker.reason}", 100, subsequent_indent="  ")
        for module in modules
        if isinstance(module, ResourceType) and isinstance(module.marker, NoMarker)
    ]
    for mark, lines in (("modules", listed), ("unmarked", unmarked)):
        start, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
        head, _, rest = readme.partition(start)
        _, _, tail = rest.partition(end)
        readme = f"{head}{start}\n" + "\n".join(lines) + f"\n\n{end}{tail}"
    return readme


def dump_yaml(value: Any) -> str:
    """Return the value as YAML that people read."""
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)
