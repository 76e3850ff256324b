"""Signs mail with DKIM (RFC 6376, RFC 8463): relaxed/relaxed, RSA-SHA256 or Ed25519-SHA256, by `cryptography`.

The body is in its relaxed form already (`gaps`), so its hash is taken of the bytes as they are. Fields are signed once
more than they occur ("oversigned"), so that nobody adds a second From or Subject to a signed mail.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from domain.shared.errors import InvalidInput

LEAST_KEY_BITS: Final = 1024
"""RFC 8301 section 3.2; 2048 is what docs/email.md says to use."""
SIGNED: Final = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
    "in-reply-to",
    "references",
    "list-id",
    "auto-submitted",
)
"""Signed where they occur. RFC 8058 section 4 wants both List-Unsubscribe fields in the list."""
OVERSIGNED: Final = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
"""Also signed as absent beyond what is there."""

Field = tuple[str, str]
"""Name and value as they stand in the mail; a value may be folded."""

_FOLD: Final = re.compile(r"\r\n(?=[ \t])")
_BLANKS: Final = re.compile(r"[ \t]+")


class DkimKey:
    """A domain's signing key and the selector under which its public half is published."""

    def __init__(self, domain: str, selector: str, private_key: RSAPrivateKey | Ed25519PrivateKey) -> None:
        self.domain = domain
        self.selector = selector
        self._key = private_key
        self.algorithm = "rsa-sha256" if isinstance(private_key, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, digest: bytes) -> bytes:
        """The signature over a SHA-256 digest (RFC 8463 signs the digest itself, RSA its PKCS #1 form)."""
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(digest, PKCS1v15(), Prehashed(SHA256()))
        return self._key.sign(digest)

    @property
    def record(self) -> str:
        """The TXT record to publish at `<selector>._domainkey.<domain>`."""
        if isinstance(self._key, RSAPrivateKey):
            public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"


def load_dkim_key(pem: str, *, field: str) -> RSAPrivateKey | Ed25519PrivateKey:
    """Raise InvalidInput for what is no usable private key; the key's text is in no message."""
    fix = "send an unencrypted PEM key: RSA of 2048 bits, or Ed25519"
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidInput(f"{field} is no unencrypted PEM key", field=field, fix=fix) from None
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, RSAPrivateKey) and key.key_size >= LEAST_KEY_BITS:
        return key
    raise InvalidInput(f"{field} is no RSA or Ed25519 key of sufficient size", field=field, fix=fix)


class DkimSigner:
    """Signs the mails of one content: what is the same for all recipients is prepared once."""

    def __init__(self, key: DkimKey, fixed: Sequence[Field], varying: Sequence[str]) -> None:
        """`fixed`: the fields that all mails share; `varying`: the names of those that each mail has once."""
        self._key = key
        kept = [(name.lower(), value) for name, value in fixed if name.lower() in SIGNED]
        self._fixed = "".join(relaxed(name, value) for name, value in kept).encode()
        self._varying = [name for name in varying if name.lower() in SIGNED]
        names = [name for name, _ in kept] + [name.lower() for name in self._varying]
        listed = [*names, *OVERSIGNED]
        self._before_hash = (
            f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={key.domain}; s={key.selector};\r\n"
            f" h={folded(listed)};\r\n t="
        )

    def field(self, varying: dict[str, str], body_digest: bytes, at: int) -> str:
        """The DKIM-Signature field with its line break; `varying` by name, `at` seconds since the epoch."""
        digest = base64.b64encode(body_digest).decode()
        unsigned = f"{self._before_hash}{at};\r\n bh={digest};\r\n b="
        hashed = hashlib.sha256(self._fixed)
        hashed.update("".join([relaxed(name, varying[name]) for name in self._varying]).encode())
        hashed.update(relaxed("dkim-signature", unsigned).encode()[:-2])
        signature = base64.b64encode(self._key.sign(hashed.digest())).decode()
        lines = "\r\n ".join([signature[start : start + 72] for start in range(0, len(signature), 72)])
        return f"DKIM-Signature: {unsigned}{lines}\r\n"


def relaxed(name: str, value: str) -> str:
    """RFC 6376 section 3.4.2: lower-case name, unfolded, blanks as one, none around the colon, with its line break."""
    return f"{name.lower()}:{_BLANKS.sub(' ', _FOLD.sub('', value)).strip(' ')}\r\n"


def folded(names: Sequence[str]) -> str:
    """A list for `h=`, in lines of at most 76 characters; white space around the colons is allowed."""
    lines, line = [], ""
    for name in names:
        if line and len(line) + len(name) > 70:
            lines.append(line + ":")
            line = name
        else:
            line = f"{line}:{name}" if line else name
    return "\r\n  ".join([*lines, line])
