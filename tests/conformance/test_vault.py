"""What every vault must do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from adapters.crypto.keyring import Keyring
from adapters.crypto.vault import AesGcmVault
from application.ports.vault import SealBroken, Sealed, Vault

APP, OTHER = UUID(int=1), UUID(int=2)
OLD = Keyring.generate("old")
BOTH = OLD.with_new_current("new")

Make = Callable[[Keyring], Vault]
MAKERS: list[Make] = [AesGcmVault]


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Make:
    maker: Make = request.param
    return maker


@pytest.mark.parametrize("plain", ["", "a", "토큰 🔑", "x" * 100_000])
def test_what_is_sealed_opens_in_its_place(make: Make, plain: str) -> None:
    vault = make(OLD)
    sealed = vault.seal(plain, application_id=APP, row="r", column="c")
    assert vault.open(sealed, application_id=APP, row="r", column="c") == plain


def test_sealing_twice_never_gives_the_same(make: Make) -> None:
    vault = make(OLD)
    assert len({vault.seal("a", application_id=APP, row="r", column="c").ciphertext for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("app", "row", "column"), [(OTHER, "r", "cd"), (APP, "s", "cd"), (APP, "r", "ce"), (APP, "rc", "d")]
)
def test_what_was_moved_does_not_open(make: Make, app: UUID, row: str, column: str) -> None:
    vault = make(OLD)
    sealed = vault.seal("a", application_id=APP, row="r", column="cd")
    with pytest.raises(SealBroken):
        vault.open(sealed, application_id=app, row=row, column=column)


def test_what_was_altered_or_cut_does_not_open(make: Make) -> None:
    vault = make(OLD)
    sealed = vault.seal("secret", application_id=APP, row="r", column="c")
    for at in range(len(sealed.ciphertext)):
        altered = bytearray(sealed.ciphertext)
        altered[at] ^= 1
        for broken in (bytes(altered), sealed.ciphertext[:at]):
            with pytest.raises(SealBroken):
                vault.open(Sealed(broken, sealed.key_id), application_id=APP, row="r", column="c")


def test_an_unknown_key_and_a_wrong_key_id_do_not_open(make: Make) -> None:
    sealed = make(OLD).seal("a", application_id=APP, row="r", column="c")
    for vault, key_id in ((make(Keyring.generate("new")), "old"), (make(BOTH), "new")):
        with pytest.raises(SealBroken):
            vault.open(Sealed(sealed.ciphertext, key_id), application_id=APP, row="r", column="c")


def test_during_a_rotation_the_new_key_seals_and_both_open(make: Make) -> None:
    before, during = make(OLD), make(BOTH)
    old = before.seal("a", application_id=APP, row="r", column="c")
    new = during.seal("a", application_id=APP, row="r", column="c")
    assert during.key_ids() == ("new", "old")
    assert (old.key_id, new.key_id) == ("old", "new")
    assert during.open(old, application_id=APP, row="r", column="c") == "a"
    assert during.open(new, application_id=APP, row="r", column="c") == "a"


def test_a_blind_index_is_the_same_for_the_same_value_application_and_key_only(make: Make) -> None:
    before, during = make(OLD), make(BOTH)
    index = before.blind_index("a", application_id=APP)
    assert index == during.blind_index("a", application_id=APP, key_id="old") == (index[0], "old")
    assert len(index[0]) == 32
    others = {
        during.blind_index("a", application_id=APP)[0],
        before.blind_index("a", application_id=OTHER)[0],
        before.blind_index("b", application_id=APP)[0],
        index[0],
    }
    assert len(others) == 4
    with pytest.raises(SealBroken):
        before.blind_index("a", application_id=APP, key_id="new")


def test_nothing_secret_shows(make: Make) -> None:
    vault = make(OLD)
    sealed = vault.seal("planted", application_id=APP, row="r", column="c")
    assert "planted" not in repr(sealed)
    assert str(sealed.ciphertext) not in repr(sealed)
    assert str(OLD.current.material) not in repr(vault)
    assert b"planted" not in sealed.ciphertext
