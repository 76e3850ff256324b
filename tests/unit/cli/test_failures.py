"""Errors become a message, a next step and an exit code; secrets stay out of them."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from adapters.crypto.keyring import Keyring, KeyringError
from bootstrap.commands.failures import explained
from bootstrap.commands.keys import with_new_key
from bootstrap.demo.devices import ANDROID, IOS, Fate, plan_devices, prefix
from bootstrap.settings import Settings
from domain.audience.address import parse_address
from domain.shared.channels import SubscriptionType
from domain.shared.errors import InvalidInput, NotFound, Unavailable
from entrypoints.cli.failures import AWAY, LATE, USAGE, WRONG, CommandFailed
from entrypoints.cli.terminal import Terminal


def test_a_bad_setting_is_named_by_its_variable_without_its_value() -> None:
    """The variable as it stands in the environment, every wrong one, and no value: it may be a secret."""
    with pytest.raises(ValidationError) as caught:
        Settings(SIGNAL_PORT="hunter2-port", PROVIDER_CONNECTIONS="hunter2-connections")  # type: ignore[call-arg]
    failure = explained(caught.value)
    assert failure is not None
    assert failure.exit_code == USAGE
    assert "SIGNAL_PORT: " in failure.message
    assert "hunter2" not in failure.message
    assert "docs/settings.md" in (failure.next_step or "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandFailed("x", exit_code=3), 3),
        (Unavailable(), AWAY),
        (InvalidInput("x", fix="y"), USAGE),
        (NotFound(), WRONG),
        (KeyringError("vault key 1 is not base64"), USAGE),
        (TimeoutError(), LATE),
        (ConnectionRefusedError(), AWAY),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: Exception, code: int) -> None:
    """Scripts can tell a mistake from an outage."""
    failure = explained(error)
    assert failure is not None
    assert failure.exit_code == code
    assert failure.message


def test_a_failure_is_told_in_the_language_of_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong and what to do; machines get English in every language."""
    failure = explained(InvalidInput("limit is 9000", field="limit", fix="use 1 to 1000"))
    assert failure is not None
    for terminal in (Terminal("ko"), Terminal("en"), Terminal("ko", machine=True)):
        terminal.failure(failure.message, failure.next_step)
    told = capsys.readouterr()
    assert (
        told.err
        == "오류: limit 값이 9000입니다\n다음: 1~1000을(를) 쓰세요\nerror: limit is 9000\nnext: use 1 to 1000\n"
    )
    assert json.loads(told.out) == {"error": "limit is 9000", "next_step": "use 1 to 1000"}


def test_a_bug_is_not_explained_away() -> None:
    """It keeps its traceback."""
    assert explained(ZeroDivisionError()) is None


def test_passwords_in_urls_are_not_shown() -> None:
    """Drivers like to quote the address they could not reach."""
    failure = explained(OSError("cannot reach postgresql://app:hunter2@db/app"))
    assert failure is not None
    assert "hunter2" not in failure.message


def test_a_new_key_becomes_the_current_one_or_waits_behind_it() -> None:
    """Two of one day have different ids, and no key is lost."""
    first = Keyring.generate("k1")
    name, second = with_new_key(first, second=False)
    assert [key.id for key in second.keys] == [name, "k1"]
    other, third = with_new_key(second, second=True)
    assert [key.id for key in third.keys] == [name, other, "k1"]
    assert third.keys[0] == second.keys[0]


def test_devices_are_half_ios_half_android_with_three_percent_dead_and_two_flaky() -> None:
    """Exactly, with tokens that the real rules take and that tell their fate."""
    devices = plan_devices(1_000, "0123abcd")
    assert sum(one.type == IOS for one in devices) == sum(one.type == ANDROID for one in devices) == 500
    assert sum(one.fate is Fate.DEAD for one in devices) == 30
    assert sum(one.fate is Fate.FLAKY for one in devices) == 20
    assert len({one.token for one in devices}) == 1_000
    for one in devices:
        assert one.token.startswith(prefix(one.fate, "0123abcd"))
        assert parse_address(SubscriptionType.from_wire(one.type), one.token).text == one.token
