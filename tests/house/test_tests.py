"""Tests run, all of them, against what really is: nothing is skipped, nothing is patched."""

from __future__ import annotations

import ast
from collections.abc import Set
from pathlib import Path

import pytest

from tests.house.tree import dotted, files, imported_modules, nodes, python_files

SKIPS = {"skip", "skipif", "xfail", "importorskip"}
PATCHES = {"setattr", "delattr", "setitem", "delitem"}
DOUBLES = {"unittest.mock", "mock", "pytest_mock", "mocker", "respx", "responses", "vcr", "freezegun"}
# httpx is missing on purpose: its ASGI transport calls an application without a server.
DRIVERS = {
    "asyncpg",
    "nats",
    "sqlalchemy",
    "psycopg",
    "pyreqwest",
    "aioapns",
    "firebase_admin",
    "granian",
}
SERVED = {"bootstrap.embedded", "tests.servers"}
STORES = {"adapters.postgres", "adapters.jetstream"}


def _attributes(path: Path) -> set[tuple[str, str]]:
    """(left side, attribute) of every attribute access in a file."""
    return {(dotted(node.value), node.attr) for node in nodes(path) if isinstance(node, ast.Attribute)}


def _arguments(path: Path) -> set[str]:
    """Names of all parameters of all functions in a file: what fixtures it asks for."""
    return {
        argument.arg
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for argument in node.args.args
    }


def _below(modules: Set[str], roots: set[str]) -> set[str]:
    return {name for name in modules for root in roots if name == root or name.startswith(f"{root}.")}


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    """What cannot pass is not written as a test."""
    skipped = [
        f"{path}: {left}.{name}"
        for path in python_files("tests")
        for left, name in sorted(_attributes(path))
        if name in SKIPS and left in {"pytest", "pytest.mark", "unittest"}
    ]
    assert not skipped


def test_nothing_is_mocked_or_patched() -> None:
    """Doubles exist for the clock and for providers only, and are written out."""
    patched = []
    for path in python_files("tests"):
        patched += [f"{path}: {name}" for name in sorted(_below(imported_modules(path), DOUBLES))]
        patched += [
            f"{path}: {left}.{name}"
            for left, name in sorted(_attributes(path))
            if left.rpartition(".")[2] in {"monkeypatch", "patch", "mocker"} and name in PATCHES | {"object"}
        ]
    assert not patched


def test_unit_tests_touch_no_driver_and_no_server() -> None:
    """Unit tests are pure and take milliseconds; whatever needs a server is an integration test."""
    impure = []
    for path in python_files("tests"):
        if path.parts[:2] == ("tests", "unit"):
            modules = imported_modules(path)
            impure += [f"{path}: {name}" for name in sorted(_below(modules, DRIVERS | SERVED))]
            impure += [f"{path}: {name}" for name in sorted(_below(modules, STORES)) if _drives(name)]
            impure += [f"{path}: monkeypatch" for name in _arguments(path) if name == "monkeypatch"]
    assert not impure


def _drives(module: str) -> bool:
    """Whether a module of an adapter imports a driver itself; calculations beside it may be tested without."""
    path = Path(*module.split(".")).with_suffix(".py")
    return path in files() and bool(_below(imported_modules(path), DRIVERS))


@pytest.mark.parametrize("path", python_files("tests"), ids=str)
def test_test_names_are_unique_in_their_file(path: Path) -> None:
    """A second test of the same name would silently replace the first."""
    for node in nodes(path):
        if isinstance(node, ast.Module | ast.ClassDef):
            names = [
                one.name
                for one in node.body
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test")
            ]
            assert len(names) == len(set(names))


@pytest.mark.parametrize("path", python_files("tests"), ids=str)
def test_every_test_says_what_holds(path: Path) -> None:
    """In a sentence, or in a name of at least three words."""
    mute = [
        node.name
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
        and len(node.name.split("_")) < 4
    ]
    assert not mute
