"""Gives each recipient the variables that the content reads, sealed: a snapshot of the moment of fan-out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import attrs

from application.ports.campaign_fan_out import PersonalMessage, PinnedContent, RecipientFacts, WaveStep
from application.ports.identifiers import Identifiers
from domain.shared.json_values import Json
from domain.templates.variables import gather

SealVariables = Callable[[UUID, UUID, Mapping[str, Json]], bytes]
"""(application, message, variables) → what `message.variables` holds."""


@attrs.frozen(kw_only=True)
class Personalise:
    seal_variables: SealVariables
    identifiers: Identifiers

    def __call__(
        self,
        wave: WaveStep,
        recipients: Sequence[RecipientFacts],
        contents: Mapping[int, PinnedContent],
    ) -> list[PersonalMessage]:
        """One message each, in the order given, with ascending ids."""
        messages = []
        for id_, one in zip(self.identifiers.many(len(recipients)), recipients, strict=True):
            content = contents[one.variant]
            assert content.content_id is not None
            variables = gather(content.names, None, wave.variables, one.tags, one.properties, one.device)
            sealed = self.seal_variables(wave.application_id, id_, variables)
            messages.append(
                PersonalMessage(id_, one.subscription_id, one.user_id, content.content_id, sealed)
            )
        return messages
