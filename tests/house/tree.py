"""The repository as the house rules see it: which files belong to it, and how a Python file is read."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("domain", "application", "adapters", "entrypoints", "bootstrap")
_PRUNED = {"var", "build", "dist", "__pycache__", "node_modules"}


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or would be, committed; relative to the root, sorted."""
    asked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if asked.returncode == 0:
        names = {Path(os.fsdecode(name)) for name in asked.stdout.split(b"\0") if name}
        return tuple(sorted(name for name in names if (ROOT / name).is_file()))
    return tuple(sorted(_walk()))


def _walk() -> Iterator[Path]:
    """The same from an unpacked archive, where git knows nothing."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            one
            for one in folders
            if one not in _PRUNED
            and not one.endswith(".egg-info")
            and (not one.startswith(".") or one == ".ci")
        ]
        yield from (Path(folder, name).relative_to(ROOT) for name in names if not name.endswith(".pyc"))


def python_files(*under: str) -> list[Path]:
    """Python files below these top-level folders (none: everywhere)."""
    return [one for one in files() if one.suffix == ".py" and (not under or one.parts[0] in under)]


def text(path: Path) -> str:
    """The text of a file of the repository; what is not UTF-8 is binary and has none."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file of the repository."""
    return ast.parse(text(path), filename=str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a Python file's tree: each file is walked once, whatever is asked of it."""
    return tuple(ast.walk(parsed(path)))


@cache
def imported_modules(path: Path) -> frozenset[str]:
    """Dotted names of every module that is imported anywhere in a file."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of an attribute chain; an empty text for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
