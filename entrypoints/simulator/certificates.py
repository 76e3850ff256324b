"""A throw-away certificate authority and a leaf for the listeners, written where clients can find them.

The leaf is a separate certificate because rustls refuses a CA certificate that is used as a leaf.
"""

import ipaddress
from pathlib import Path

import trustme
from attrs import frozen
from cryptography import x509

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


@frozen
class Certificates:
    """Paths of PEM files: the CA to trust, the listeners' chain, and its key."""

    ca: Path
    chain: Path
    key: Path


def ensure_certificates(folder: Path, host: str) -> Certificates:
    """Issue certificates for localhost and `host`, or keep those already in `folder` if they cover them.

    The CA's own key is never written, so nobody can issue more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    names = [*LOCAL_NAMES, *([] if host in (*LOCAL_NAMES, "0.0.0.0", "::") else [host])]  # noqa: S104
    if all(path.exists() for path in (files.ca, files.chain, files.key)) and _covers(files.chain, names):
        return files
    authority = trustme.CA(organization_name="Automata-Signal provider simulator")
    leaf = authority.issue_cert(*names)
    files.key.unlink(missing_ok=True)
    files.key.touch(mode=0o600)
    files.key.write_bytes(leaf.private_key_pem.bytes())
    files.chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    files.ca.write_bytes(authority.cert_pem.bytes())
    return files


def _covers(chain: Path, names: list[str]) -> bool:
    try:
        leaf = x509.load_pem_x509_certificate(chain.read_bytes())
        alternative = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    covered = set(alternative.get_values_for_type(x509.DNSName))
    covered.update(str(address) for address in alternative.get_values_for_type(x509.IPAddress))
    return all(_canonical(name) in covered for name in names)


def _canonical(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name
