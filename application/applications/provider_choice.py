"""An application's choice of providers, checked against the channels that there are."""

from __future__ import annotations

from collections.abc import Mapping

from application.ports.provider_directory import ProviderDirectory
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json


def check_provider_choice(providers: ProviderDirectory, settings: Mapping[str, Json]) -> list[Channel]:
    """The channels that `settings.providers` chooses for; raise InvalidInput naming the one that cannot be."""
    choice = settings.get("providers")
    if not isinstance(choice, Mapping):
        return []
    channels = []
    for name, provider in choice.items():
        field = f"settings.providers.{name}"
        channel = Channel.from_wire(name)
        plugin = providers.plugins.get(channel)
        if plugin is None:
            known = ", ".join(one.wire for one in providers.plugins)
            raise InvalidInput(f"the channel {name} is not available here", field=field, fix=f"use {known}")
        if provider not in plugin.providers:
            raise InvalidInput(
                f"{provider!r} is no provider of {name}",
                field=field,
                fix=f"use one of {', '.join(plugin.providers)}",
            )
        channels.append(channel)
    return channels
