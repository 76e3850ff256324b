"""The recipients of a group of calls, looked up with a constant number of questions for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from itertools import chain
from uuid import UUID

from application.messaging.accept_draft import Draft
from application.ports.accept_store import AcceptTransaction, Choice, Recipient
from domain.audience.suppression import WITHOUT_ADDRESSES


async def resolve(transaction: AcceptTransaction, drafts: Mapping[int, Draft]) -> None:
    """Give each draft the recipients that its targets name, with all that decides whether and what they are told."""
    ids: list[UUID] = []
    names: set[tuple[UUID, str]] = set()
    for draft in drafts.values():
        for request in draft.command.requests:
            for target in request.targets:
                if target.subscription_id is not None:
                    ids.append(target.subscription_id)
                elif target.external_id is not None:
                    names.add((draft.command.application_id, target.external_id))
    by_id = await transaction.subscriptions(ids) if ids else {}
    by_name = await transaction.subscriptions_of(sorted(names)) if names else {}
    addressed = [
        one.subscription_id
        for some in (by_id.values(), *by_name.values())
        for one in some
        if one.type.channel not in WITHOUT_ADDRESSES
    ]
    suppressed = await transaction.suppressed(addressed) if addressed else frozenset()
    choices = await _choices(transaction, drafts.values(), [*by_id.values(), *chain(*by_name.values())])
    for draft in drafts.values():
        draft.resolve(by_id, by_name, suppressed, choices)
    unfinished = sorted({id_ for draft in drafts.values() for id_ in draft.unfinished()})
    if unfinished:
        facts = await transaction.facts(unfinished)
        for draft in drafts.values():
            draft.personalise(facts)


async def _choices(
    transaction: AcceptTransaction, drafts: Iterable[Draft], found: Iterable[Recipient]
) -> Set[Choice]:
    """What was switched off of the topics of these calls; nothing is asked when they have none."""
    topics = {
        one.topic
        for draft in drafts
        for one in draft.command.requests
        if one.topic is not None and one.parent_id is None
    }
    users = {one.user_id for one in found if one.user_id is not None} if topics else None
    return await transaction.switched_off(sorted(users), sorted(topics)) if users else frozenset()
