"""Files are short, named after what they hold, introduce themselves, and hold nothing unfinished."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.house.tree import PACKAGES, dotted, files, nodes, parsed, python_files, text

LONGEST = 400
BANNED = {"utils", "util", "helpers", "helper", "base", "common", "manager", "service", "data", "info"}
ROOMS = {*PACKAGES, "tests", "features", "migrations", "sdk-flutter", "docs", "deploy", "requirements", ".ci"}
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")) + r")\b")
HOSTS = [
    ".".join(labels)
    for labels in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("pub", "dev"),
        ("proxy", "golang", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
]


def _is_one_step(path: Path) -> bool:
    """A migration is one step that is never edited once it is released, however long its tables are."""
    return path.parts[:2] == ("migrations", "versions")


def test_the_top_level_holds_only_the_agreed_rooms() -> None:
    """A new top-level folder is a decision, not an accident."""
    assert {path.parts[0] for path in files() if len(path.parts) > 1} <= ROOMS


def test_no_python_file_is_longer_than_400_lines() -> None:
    """What is longer has two subjects."""
    long = {
        str(path): count
        for path in python_files()
        if not _is_one_step(path) and (count := len(text(path).splitlines())) > LONGEST
    }
    assert not long


def test_no_module_has_a_name_that_says_nothing() -> None:
    """Modules and packages are named in the field's words."""
    vague = [
        str(path)
        for path in python_files()
        if BANNED & {path.stem, *path.parent.parts} or path.stem.rpartition("_")[2] in {"utils", "helpers"}
    ]
    assert not vague


def test_every_module_says_what_it_is_for() -> None:
    """The first line of a module's docstring is a sentence of its own; only empty files have none."""
    silent = []
    for path in python_files():
        if not text(path).strip():
            continue
        sentence = (ast.get_docstring(parsed(path)) or "").partition("\n")[0]
        if len(sentence.split()) < 2:
            silent.append(str(path))
    assert not silent


def test_nothing_is_left_unfinished() -> None:
    """No marks for later and no stubs: what is there works."""
    marked = [
        f"{path}: {found[0]}"
        for path in files()
        if path.parts[0] != "requirements" and (found := UNFINISHED.search(text(path)))
    ]
    assert not marked


def test_imports_are_absolute() -> None:
    """A file can be moved without editing it."""
    relative = [
        str(path)
        for path in python_files()
        if any(isinstance(node, ast.ImportFrom) and node.level for node in nodes(path))
    ]
    assert not relative


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is configured on the machine that installs them."""
    naming = [f"{path}: {host}" for path in files() for host in HOSTS if host in text(path)]
    assert not naming


def test_the_clock_and_chance_come_through_ports() -> None:
    """Neither the domain nor a use case reads a wall clock or throws dice by itself."""
    forbidden = {"datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.datetime.now"}
    reading = []
    for path in python_files("domain", "application"):
        calls = {dotted(node.func) for node in nodes(path) if isinstance(node, ast.Call)}
        modules = {alias.name for node in nodes(path) if isinstance(node, ast.Import) for alias in node.names}
        reading += [
            f"{path}: {name}" for name in sorted((calls & forbidden) | (modules & {"random", "secrets"}))
        ]
    assert not reading
