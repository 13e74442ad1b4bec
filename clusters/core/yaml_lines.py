"""Where in a text a path of a problem stands: for messages beside what a person wrote."""

import re
from typing import Any

import yaml

_STEP = re.compile(r"\.?([^.\[\]]+)|\[([^\]]*)\]")


class Lines:
    """Finds lines in one YAML text, which `load_documents` has read. Empty documents count."""

    def __init__(self, text: str) -> None:
        self._roots = _roots(text)

    def line_of(self, path: str) -> int:
        """The line (from 1) of the deepest part of `path` that is there; 0: of none.

        >>> Lines("kind: Service\\nmetadata:\\n  name: api\\n").line_of("documents[0].metadata.name")
        3
        """
        found = re.match(r"documents\[(\d+)\]", path)
        if not found or int(found[1]) >= len(self._roots) or self._roots[int(found[1])] is None:
            return 0
        node = self._roots[int(found[1])]
        line = int(node.start_mark.line) + 1
        for step in (field or key for field, key in _STEP.findall(path[found.end() :])):
            key, node = _below(node, step)
            if node is None:
                return line
            line = int((key or node).start_mark.line) + 1
        return line


def _roots(text: str) -> list[Any]:
    """The root node of each document, None for an empty one."""
    loader = yaml.CSafeLoader(text)
    try:
        roots = []
        while loader.check_node():
            roots.append(loader.get_node())
        return roots
    except yaml.YAMLError:
        return []
    finally:
        loader.dispose()


def _below(node: Any, step: str) -> tuple[Any, Any]:
    """(key, value) of one step down; the value is None where there is none."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), (None, None))
    if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
        return None, node.value[int(step)]
    return None, None
