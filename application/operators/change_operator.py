"""Change an operator's role or language, shut somebody out, and list them all."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from application.operators.commands import ChangeOperatorCommand
from application.ports.clock import Clock
from application.ports.operators import Operators
from domain.operators.operator import Operator, check_language
from domain.operators.roles import Role
from domain.shared.errors import Conflict
from domain.shared.unset import Unset


@attrs.frozen(kw_only=True)
class ChangeOperator:
    operators: Operators
    clock: Clock

    async def __call__(self, command: ChangeOperatorCommand) -> Operator:
        """Raise NotFound, InvalidInput, or Conflict when no owner would be left."""
        now = self.clock.now()

        def change(operator: Operator, other_owners: int) -> None:
            if not isinstance(command.role, Unset):
                operator.role = command.role
            if not isinstance(command.disabled, Unset):
                operator.disabled_at = (operator.disabled_at or now) if command.disabled else None
            if not isinstance(command.language, Unset):
                operator.language = check_language(command.language)
            if not other_owners and not (operator.is_active and operator.role is Role.OWNER):
                raise Conflict(
                    "no owner would be left", field="role", fix="make somebody else an owner first"
                )

        changed = await self.operators.change(command.operator_id, change)
        if not changed.is_active:
            await self.operators.close_sessions_of(changed.id)
        return changed


@attrs.frozen(kw_only=True)
class ListOperators:
    operators: Operators

    async def __call__(self) -> Sequence[Operator]:
        return await self.operators.list()
