"""The vault's keys as a setting and as a file."""

from __future__ import annotations

import base64
import threading
from pathlib import Path

import pytest

from adapters.crypto.keyring import Keyring, KeyringError, load_keyring, save_keyring

KEY = base64.b64encode(bytes(range(32))).decode()


def test_several_keys_are_read_the_current_one_first() -> None:
    ring = Keyring.parse(f" b:{KEY},\n a:{base64.urlsafe_b64encode(b'?' * 32).decode()} ")
    assert [key.id for key in ring.keys] == ["b", "a"]
    assert ring.current.material == bytes(range(32))
    assert Keyring.parse(ring.text()) == ring


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not written"),
        (KEY, "not written"),
        (f"a b:{KEY}", "not written"),
        ("a:***", "not base64"),
        ("a:AAAA", "3 bytes"),
        (f"a:{KEY} a:{KEY}", "used before"),
    ],
)
def test_a_bad_key_is_refused_without_showing_it(text: str, says: str) -> None:
    with pytest.raises(KeyringError, match=says) as refused:
        Keyring.parse(text)
    assert KEY not in str(refused.value)


def test_a_missing_file_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "sub" / "vault.keys"
    found: list[Keyring] = []
    threads = [
        threading.Thread(target=lambda: found.append(load_keyring(None, file, create=True))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(ring == found[0] for ring in found)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_without_permission_to_create_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="does not exist"):
        load_keyring(None, tmp_path / "none")
    with pytest.raises(KeyringError, match="no vault keys"):
        load_keyring(None, None, create=True)


def test_a_setting_goes_before_the_file(tmp_path: Path) -> None:
    assert load_keyring(f"a:{KEY}", tmp_path / "none", create=True).current.id == "a"
    assert list(tmp_path.iterdir()) == []


def test_a_new_current_key_keeps_the_others_readable(tmp_path: Path) -> None:
    file = tmp_path / "vault.keys"
    old = load_keyring(None, file, create=True)
    save_keyring(old.with_new_current("k2"), file)
    ring = load_keyring(None, file)
    assert ring.keys[1:] == old.keys
    assert ring.current.id == "k2"
    assert file.stat().st_mode & 0o777 == 0o600


def test_reprs_hide_the_material() -> None:
    assert str(bytes(range(4)))[2:-1] not in repr(Keyring.parse(f"a:{KEY}"))
