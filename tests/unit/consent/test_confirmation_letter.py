"""The messages that ask for a confirmation are such as the channels carry."""

from __future__ import annotations

import pytest

from adapters.channels.email import plugin as email
from adapters.channels.sms import plugin as sms
from adapters.templating.engine import LiquidTemplating
from application.messaging.post_confirmation import confirmation_body
from application.ports.channel_plugins import ChannelPlugin

VARIABLES = {
    "application": "행복한 쇼핑몰",
    "code": "048291",
    "link": "https://signal.example/v/" + "x" * 92,
}


@pytest.mark.parametrize("plugin", [email, sms], ids=lambda one: one.key)
@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("linked", [True, False])
def test_each_is_carried_and_says_what_it_must(plugin: ChannelPlugin, language: str, linked: bool) -> None:
    """The code always; the link in mails that can have one, and nowhere else."""
    body = confirmation_body(plugin.channel, language, linked=linked)
    said = LiquidTemplating().compile(plugin.channel, body, strict=True).render(VARIABLES)
    plugin.check_after_render(plugin.types[0], said)
    assert "048291" in str(said["text"])
    assert (VARIABLES["link"] in str(said["text"])) is (linked and plugin is email)
    assert "{{" not in str(said)
