"""A module of the product as one walk over its syntax tree sees it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import attrs

from tests.house.tree import parsed

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@attrs.frozen(eq=False)
class Room:
    """One module, walked once: who stands in whom, what it imports, calls, defines and assigns."""

    path: Path
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = attrs.field(factory=dict)
    imported: dict[str, str] = attrs.field(factory=dict)
    """Name here → module that it is from."""
    calls: list[ast.Call] = attrs.field(factory=list)
    classes: list[ast.ClassDef] = attrs.field(factory=list)
    assigned: dict[tuple[ast.AST | None, str], list[ast.expr]] = attrs.field(
        factory=lambda: defaultdict(list)
    )
    """(function, or None for the module; name) → what it is given there."""

    @classmethod
    def of(cls, path: Path) -> Room:
        room = cls(path, parsed(path))
        todo: list[tuple[ast.AST, ast.AST | None]] = [(room.tree, None)]
        while todo:
            node, function = todo.pop()
            room._take(node, function)
            inside = node if isinstance(node, FUNCTIONS) else function
            for child in ast.iter_child_nodes(node):
                if not isinstance(child, ast.expr_context | ast.operator | ast.cmpop):
                    room.parents[child] = node
                    todo.append((child, inside))
        return room

    def _take(self, node: ast.AST, function: ast.AST | None) -> None:
        if isinstance(node, ast.Call):
            self.calls.append(node)
        elif isinstance(node, ast.ClassDef):
            self.classes.append(node)
        elif isinstance(node, ast.ImportFrom):
            self.imported.update({one.asname or one.name: node.module or "" for one in node.names})
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            for name, value in _pairs(node):
                self.assigned[function, name].append(value)

    @property
    def module(self) -> str:
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    def around(self, node: ast.AST) -> Iterator[Function | ast.ClassDef]:
        """Functions and classes that hold this node, the nearest first."""
        while (node := self.parents.get(node, self.tree)) is not self.tree:
            if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                yield node

    def returned(self, name: str) -> list[ast.expr]:
        """What a function of the module's top level answers."""
        found = next((one for one in self.tree.body if isinstance(one, FUNCTIONS) and one.name == name), None)
        every = ast.walk(found) if found is not None else ()
        return [one.value for one in every if isinstance(one, ast.Return) and one.value is not None]


def _pairs(node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> Iterator[tuple[str, ast.expr]]:
    """(name, what it is given), also of `one, two = 1, 2`."""
    assert node.value is not None
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Name):
            yield target.id, node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for one, value in zip(target.elts, node.value.elts, strict=False):
                if isinstance(one, ast.Name):
                    yield one.id, value
