"""Test sends from a template's page: a version to the devices that are marked for tests."""

from __future__ import annotations

from typing import Final

import attrs

from application.messaging.send_test import SendTestCommand
from domain.operators.roles import Right
from domain.shared.channels import Channel
from domain.shared.json_values import Json
from entrypoints.dashboard.pages.template_fields import json_object
from entrypoints.dashboard.pages.templates import TEMPLATE, number, show_template
from entrypoints.dashboard.visit import Action, Changed, Page, Visit


async def send_test(visit: Visit) -> Changed:
    """The template's page again, with what was accepted and who was left out."""
    id = visit.path_id("template_id")
    version = number(visit.form.get("version") or None)
    sent = await visit.use_cases.send_test(
        SendTestCommand(
            application_id=visit.app.id,
            template_id=id,
            version=version,
            variables=json_object(visit.form.get("variables"), field="variables"),
            channels=[Channel.from_wire(name, field="channels") for name in visit.form.all("channel")],
        )
    )
    shown = await show_template(visit)
    facts: dict[str, Json] = {
        "template_id": str(id),
        "version": sent.version,
        "accepted": len(sent.message_ids),
        "left_out": dict(sent.left_out),
    }
    return Changed(
        subject=str(id), after=facts, shown=attrs.evolve(shown, values={**shown.values, "sent": sent})
    )


PAGES: Final[tuple[Page, ...]] = ()
ACTIONS: Final = (
    Action(
        path=TEMPLATE + "/test-send",
        section="templates",
        name="template.test_send",
        right=Right.CAMPAIGNS,
        perform=send_test,
        again=show_template,
    ),
)
