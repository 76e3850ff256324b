"""Requests and answers against the schemas of /openapi.json."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema


class Document:
    """Finds the operation of a request and validates both of its sides."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._paths = [
            (re.compile(re.sub(r"{\w+}", "[^/]+", path)), path, operations)
            for path, operations in document["paths"].items()
        ]

    def serves(self, method: str, path: str) -> bool:
        return method.lower() in self._document["paths"].get(path, {})

    def faults(self, method: str, path: str, body: Any, status: int, answer: Any) -> Iterator[str]:
        """What of the request or the answer does not fit its schema."""
        bare = path.partition("?")[0]
        for pattern, _, operations in self._paths:
            if pattern.fullmatch(bare) and method.lower() in operations:
                yield from self._operation_faults(operations[method.lower()], body, status, answer)
                return
        yield f"{method} {bare} is not in the document"

    def _operation_faults(
        self, operation: dict[str, Any], body: Any, status: int, answer: Any
    ) -> Iterator[str]:
        if body is not None:
            if "requestBody" not in operation:
                yield "the operation takes no body"
            elif status < 400:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                yield from self._schema_faults(schema, body, "request")
        described = operation["responses"].get(str(status))
        if described is None:
            if status != 500:
                yield f"status {status} is not in the document"
            return
        if "$ref" in described:
            described = self._document["components"]["responses"][described["$ref"].rpartition("/")[2]]
        content = described.get("content", {})
        if not content:
            if answer is not None:
                yield f"an answer with status {status} has no body"
            return
        if status < 400:
            yield from self._schema_faults(content["application/json"]["schema"], answer, "answer")

    def _schema_faults(self, schema: dict[str, Any], value: Any, what: str) -> Iterator[str]:
        whole = {**schema, "components": self._document["components"]}
        for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
            yield f"{what}{error.json_path[1:]}: {error.message}"
