"""Operators in PostgreSQL: races for the last owner, attempts that count at once, secrets that follow a key rotation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import attrs
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.crypto.keyring import Keyring
from adapters.crypto.one_time_codes import STEP_SECONDS, ClockedCodes, code_at
from adapters.crypto.passwords import Argon2Passwords
from adapters.crypto.vault import AesGcmVault
from adapters.postgres.audience import PostgresAudience
from adapters.postgres.credentials import PostgresCredentials
from adapters.postgres.engine import open_engine
from adapters.postgres.identity_keys import PostgresIdentityKeys
from adapters.postgres.operators import PostgresOperators
from adapters.postgres.webhooks import PostgresWebhooks
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemRandomness, Uuid7
from application.audience.commands import RotateKeysCommand
from application.audience.rotate_keys import RotateKeys
from application.operators.accept_invitation import AcceptInvitation, ReadInvitation
from application.operators.change_operator import ChangeOperator
from application.operators.commands import (
    AcceptInvitationCommand,
    ChangeOperatorCommand,
    InviteCommand,
    SignInCommand,
)
from application.operators.invite_operator import InviteFirstOwner, InviteOperator
from application.operators.sign_in import SignIn
from domain.operators.operator import Operator
from domain.operators.roles import Role
from domain.shared.errors import Conflict, NotFound, RateLimited, Unauthenticated

PASSWORD = "a sentence that nobody knows"


@attrs.define(slots=False)
class Door:
    """The use cases of signing in, on one vault; hashes as quick as they may be."""

    engine: AsyncEngine
    keyring: Keyring

    def __attrs_post_init__(self) -> None:
        self.operators = PostgresOperators(self.engine)
        self.codes = ClockedCodes()
        known = {"operators": self.operators, "clock": SystemClock()}
        secrets = {"one_time_codes": self.codes, "vault": AesGcmVault(self.keyring)}
        passwords = Argon2Passwords(time_cost=1, memory_kib=64)
        made = {"identifiers": Uuid7(), "randomness": SystemRandomness()}
        self.invite = InviteOperator(**known, **secrets, **made)
        self.invite_first = InviteFirstOwner(operators=self.operators, invite=self.invite)
        self.read = ReadInvitation(**known, **secrets)
        self.accept = AcceptInvitation(
            passwords=passwords, identifiers=Uuid7(), read_invitation=self.read, **known, **secrets
        )
        self.sign_in = SignIn(passwords=passwords, randomness=SystemRandomness(), **known, **secrets)
        self.change = ChangeOperator(**known)

    async def owner(self, email: str) -> tuple[Operator, str]:
        """Somebody new, and the key of their codes."""
        invited = await self.invite(InviteCommand(role=Role.OWNER, email=email, actor="tests"))
        key = (await self.read(invited.secret)).code_key
        return await self.accept(self.acceptance(invited.secret, email, key)), key

    def acceptance(self, secret: str, email: str, key: str) -> AcceptInvitationCommand:
        return AcceptInvitationCommand(
            secret=secret, email=email, name="Kim", password=PASSWORD, code=present(key), peer="::1"
        )

    async def enter(self, email: str, code: str, password: str = PASSWORD) -> object:
        return await self.sign_in(SignInCommand(email=email, password=password, code=code, peer="::1"))


def present(key: str, later: int = 0) -> str:
    return code_at(key, int(time.time()) // STEP_SECONDS + later)


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    engine = open_engine(database_url, pool_size=4)
    yield Door(engine, Keyring.generate("k1"))
    await engine.dispose()


async def test_two_owners_who_demote_each_other_leave_one(door: Door) -> None:
    """Both ask at the same moment; one is refused."""
    first, _ = await door.owner("first@example.com")
    second, _ = await door.owner("second@example.com")
    commands = [ChangeOperatorCommand(operator_id=one.id, role=Role.VIEWER) for one in (first, second)]
    done = await asyncio.gather(*(door.change(one) for one in commands), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Conflict", "Operator"]
    assert sum(one.role is Role.OWNER for one in await door.operators.list()) == 1
    with pytest.raises(Conflict):
        left = next(one for one in await door.operators.list() if one.role is Role.OWNER)
        await door.change(ChangeOperatorCommand(operator_id=left.id, disabled=True))


async def test_an_invitation_is_accepted_once_however_many_try(door: Door) -> None:
    """A later link for the first owner voids the one before; of two who accept at once one wins."""
    void = await door.invite_first()
    invited = await door.invite_first()
    assert void is not None
    assert invited is not None
    with pytest.raises(NotFound):
        await door.read(void.secret)
    key = (await door.read(invited.secret)).code_key
    tries = [door.acceptance(invited.secret, f"{name}@example.com", key) for name in ("a", "b")]
    done = await asyncio.gather(*(door.accept(one) for one in tries), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["NotFound", "Operator"]
    assert await door.invite_first() is None


async def test_guesses_at_the_same_moment_are_counted_each(door: Door) -> None:
    """Twenty at once: five are looked at, the others wait."""
    _, key = await door.owner("kim@example.com")
    wrong = [door.enter("kim@example.com", present(key, 1), f"guess number {n}") for n in range(20)]
    done = await asyncio.gather(*wrong, return_exceptions=True)
    kinds = [type(one) for one in done]
    assert kinds.count(Unauthenticated) == 5
    assert kinds.count(RateLimited) == 15


async def test_codes_survive_a_rotation_of_the_vaults_keys(door: Door) -> None:
    """After the rotation the old key can go: the same authenticator app still lets its owner in."""
    _, key = await door.owner("kim@example.com")
    both = Keyring((Keyring.generate("k2").keys[0], *door.keyring.keys))
    rotate = RotateKeys(
        audience=PostgresAudience(door.engine),
        credentials=PostgresCredentials(door.engine),
        identity_keys=PostgresIdentityKeys(door.engine),
        operators=door.operators,
        webhooks=PostgresWebhooks(door.engine),
        vault=AesGcmVault(both),
    )
    assert (await rotate(RotateKeysCommand())).left == 0
    after = Door(door.engine, Keyring(both.keys[:1]))
    assert await after.enter("kim@example.com", present(key, 1))
    with pytest.raises(Unauthenticated):
        await after.enter("kim@example.com", present(key, 1))
