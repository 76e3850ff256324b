"""The static gate between SDK and server: paths, JSON keys and names of the Dart code against OpenAPI, fixtures and enums.

    python sdk-flutter/tool/ci/contract_check.py [package folder]

Endpoints stand in one file only; each is served and stands in a scenario. Every key that a wire model writes or reads
is a property of OpenAPI (of the content schema for in-app messages) and stands in a scenario; every key that the server
answers in a scenario is read, or listed here as ignored. Names of enums are the server's.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import tree_sitter_dart
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from domain.audience.device import Permission  # noqa: E402
from domain.audience.status_catalogue import CATALOGUE  # noqa: E402
from domain.messaging.in_app.content import KINDS, LAYOUTS, OPERATORS  # noqa: E402
from domain.messaging.in_app.evaluation import DisplayVerdict  # noqa: E402
from domain.shared.channels import SubscriptionType  # noqa: E402
from entrypoints.client_api.application import ROUTES as CLIENT  # noqa: E402
from entrypoints.client_api.events import ClientEvent  # noqa: E402
from entrypoints.http.openapi import openapi_document  # noqa: E402
from entrypoints.http.settings import HttpSettings  # noqa: E402

IGNORED_ANSWERS = {"tags", "properties", "status", "type"}
"""The SDK knows what it asked for; a problem's status is the answer's own."""
OPEN_ENDED = {"set", "tags", "properties"}
"""Below these stand the app's own keys."""
NO_SCENARIO = {"double_opt_in", "email", "sms", "replaces", "code"}
"""Keys whose scenarios need something of the server that scenarios cannot ask for."""

PARSER = Parser(Language(tree_sitter_dart.language()))


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def parsed(file: Path) -> Node:
    return PARSER.parse(file.read_bytes()).root_node


def text(node: Node) -> str:
    return (node.text or b"").decode()


def unquoted(literal: str) -> str:
    return literal.strip("'\"")


def strings(root: Node) -> Iterator[str]:
    """Every string literal of a file, import lines aside."""
    for node in walk(root):
        if node.type == "string_literal":
            parent = node.parent
            while parent is not None and "import" not in parent.type and "export" not in parent.type:
                parent = parent.parent
            if parent is None:
                yield unquoted(text(node))


def written_keys(root: Node) -> set[str]:
    """Keys of map literals."""
    found = set()
    for node in walk(root):
        if node.type == "pair" and node.children and node.children[0].type == "string_literal":
            found.add(unquoted(text(node.children[0])))
    return found


def read_keys(source: str) -> set[str]:
    """Keys of `j['key']`, `one?['key']` and the like."""
    return set(re.findall(r"[\w)\]][?!]?\[\s*'(\w+)'\s*\]", source))


def enum_names(root: Node, name: str) -> list[str]:
    """The constants of an enum, in order."""
    for node in walk(root):
        if node.type == "enum_declaration" and any(text(child) == name for child in node.children):
            return [
                text(one.children[0] if one.children else one)
                for one in walk(node)
                if one.type == "enum_constant"
            ]
    return []


def wire_names(source: str, name: str) -> list[str]:
    """The wire names of an enum's constants: the text in parentheses, or the constant itself."""
    body = re.search(rf"enum {name} \{{(.*?);", source, re.DOTALL)
    if body is None:
        return []
    return [wire or constant for constant, wire in re.findall(r"(\w+)(?:\('(\w+)'\))?,?\s", body[1] + " ")]


def constants(source: str, name: str) -> dict[str, int]:
    body = re.search(rf"class {name} \{{(.*?)\n\}}", source, re.DOTALL)
    found = re.findall(r"const int (\w+) = (-?\d+);", body[1]) if body else []
    return {constant: int(value) for constant, value in found}


def properties(schema: Any) -> Iterator[str]:
    """Every property name anywhere in a schema or document."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"]
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def keys_of(value: Any) -> Iterator[str]:
    """Every key of a body, the app's own aside."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in OPEN_ENDED or not isinstance(inner, dict):
                yield from keys_of(inner)
            elif key == "properties":
                yield from (one for one in inner if one in ("set", "remove"))
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


class Check:
    """Collects what is wrong; `count` is how much was looked at."""

    def __init__(self, package: Path) -> None:
        self.package = package
        self.core = package / "lib/src/core"
        self.wire = self.core / "wire"
        self.faults: list[str] = []
        self.count = 0
        files = sorted((package / "contract/fixtures").glob("*.json"))
        self.fixtures = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        self.steps = [step for fixture in self.fixtures for step in fixture["steps"]]
        self.document = openapi_document(CLIENT, HttpSettings())

    def claim(self, holds: object, fault: str) -> None:
        self.count += 1
        if not holds:
            self.faults.append(fault)

    def run(self) -> None:
        self.endpoints()
        self.wire_keys()
        self.in_app_keys()
        self.names()
        self.versions()

    def endpoints(self) -> None:
        served = {re.sub(r"{\w+}", "{}", path) for path in self.document["paths"]}
        spoken = {re.sub(r"{{\w+}}", "{}", step["path"].partition("?")[0]) for step in self.steps}
        mine: set[str] = set()
        for file in sorted((self.package / "lib").rglob("*.dart")):
            for literal in strings(parsed(file)):
                if "/v1/" not in literal:
                    continue
                place = f"{file.relative_to(self.package)}: {literal}"
                self.claim(file.name == "endpoints.dart", f"{place} belongs into endpoints.dart")
                mine.add(re.sub(r"\$\w+", "{}", literal.partition("?")[0]))
        self.claim(mine, "endpoints.dart names no endpoint")
        for path in sorted(mine):
            self.claim(path in served, f"{path} is not served")
            self.claim(path in spoken, f"{path} stands in no scenario")
        for path in sorted(served - mine):
            self.claim(False, f"{path} is served and the SDK does not know it")

    def wire_keys(self) -> None:
        known = set(properties(self.document["components"]["schemas"]))
        in_requests = set(keys_of([step.get("body") for step in self.steps]))
        bodies = [step["response"].get("body") for step in self.steps]
        in_answers = set(keys_of([_without_messages(body) for body in bodies]))
        written: set[str] = set()
        read: set[str] = set()
        for name in ("client_wire.dart", "event_wire.dart"):
            file = self.wire / name
            source = file.read_text(encoding="utf-8")
            written |= written_keys(parsed(file))
            read |= read_keys(source)
        self.claim(written and read, "the wire models hold no keys")
        for key in sorted(written | read):
            self.claim(key in known, f"{key} is not a property of OpenAPI")
            seen = key in in_requests | in_answers | NO_SCENARIO
            self.claim(seen, f"{key} stands in no scenario")
        for key in sorted(in_requests - written):
            self.claim(False, f"{key} is sent in a scenario and written by no wire model")
        for key in sorted(in_answers - read - IGNORED_ANSWERS):
            self.claim(False, f"{key} is answered in a scenario and read by no wire model")

    def in_app_keys(self) -> None:
        schema = json.loads((self.package / "contract/in_app_message.schema.json").read_text())
        vectors = json.loads((self.package / "contract/trigger_vectors.json").read_text(encoding="utf-8"))
        known = set(properties(schema))
        read = read_keys((self.wire / "in_app_wire.dart").read_text(encoding="utf-8"))
        unused = known - read
        self.claim(not read - known, f"not in the content schema: {', '.join(sorted(read - known))}")
        self.claim(not unused, f"in the content schema and never read: {', '.join(sorted(unused))}")
        for vector in vectors["vectors"]:
            stray = set(vector.get("message", {})) - known
            self.claim(not stray, f"vector {vector['name']!r} sets {stray}")

    def names(self) -> None:
        types = self.core / "subscription_type.dart"
        messages = self.core / "in_app/in_app_message.dart"
        source, in_app = types.read_text(encoding="utf-8"), messages.read_text(encoding="utf-8")
        self.same(
            "SubscriptionType",
            enum_names(parsed(types), "SubscriptionType"),
            [one.wire for one in SubscriptionType],
        )
        self.same("PushPermission", enum_names(parsed(types), "PushPermission"), list(Permission))
        events = enum_names(parsed(self.wire / "event_wire.dart"), "SignalEventType")
        self.same("SignalEventType", events, get_args(get_type_hints(ClientEvent)["type"]))
        self.same("InAppLayout", wire_names(in_app, "InAppLayout"), LAYOUTS)
        self.same("ConditionKind", wire_names(in_app, "ConditionKind"), KINDS)
        self.same("ConditionOp", wire_names(in_app, "ConditionOp"), OPERATORS)
        verdicts = enum_names(parsed(self.core / "in_app/trigger_evaluator.dart"), "DisplayVerdict")
        self.same("DisplayVerdict", verdicts, list(DisplayVerdict))
        codes = constants(source, "SubscriptionStatus")
        self.claim(codes, "SubscriptionStatus holds no codes")
        for name, code in codes.items():
            self.claim(
                code in CATALOGUE, f"SubscriptionStatus.{name} = {code} is not in the server's catalogue"
            )

    def same(self, name: str, found: Iterable[str], wanted: Iterable[str]) -> None:
        different = set(found) ^ {str(one) for one in wanted}
        self.claim(not different, f"{name} differs: {', '.join(sorted(different))}")

    def versions(self) -> None:
        code = re.search(
            r"sdkVersion = '([^']+)'", (self.core / "net/api_client.dart").read_text(encoding="utf-8")
        )
        pubspec = re.search(
            r"^version: (.+)$", (self.package / "pubspec.yaml").read_text(encoding="utf-8"), re.MULTILINE
        )
        changes = (self.package / "CHANGELOG.md").read_text(encoding="utf-8")
        self.claim(code and pubspec and code[1] == pubspec[1], "pubspec.yaml and sdkVersion differ")
        self.claim(code and f"## {code[1]}" in changes, "CHANGELOG.md does not know this version")


def _without_messages(body: Any) -> Any:
    """In-app messages have a schema of their own."""
    return {**body, "messages": []} if isinstance(body, dict) and "messages" in body else body


def main() -> int:
    package = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "sdk-flutter"
    check = Check(package)
    check.run()
    for fault in check.faults:
        print(f"contract: {fault}")
    print(f"contract: {check.count - len(check.faults)} passed, {len(check.faults)} failed")
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main())
