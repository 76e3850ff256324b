"""Which providers there are, by name and by subscription type: the plug-ins, as the pipeline looks things up in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from application.ports.channel_plugins import Capabilities, ChannelPlugin, Provider
from domain.shared.channels import Channel, SubscriptionType

NOTHING_SPECIAL = Capabilities()


class ProviderDirectory:
    """Built once from the plug-ins of the process."""

    def __init__(self, plugins: Sequence[ChannelPlugin]) -> None:
        """Raise ValueError when two plug-ins want the same channel."""
        self.plugins: Mapping[Channel, ChannelPlugin] = {plugin.channel: plugin for plugin in plugins}
        if len(self.plugins) != len(plugins):
            raise ValueError("two plug-ins serve the same channel")
        self._serving: dict[SubscriptionType, dict[str, Provider]] = {}
        self._named: dict[str, list[Provider]] = {}
        for plugin in plugins:
            for name, provider in plugin.providers.items():
                self._named.setdefault(name, []).append(provider)
                for type_ in provider.types:
                    self._serving.setdefault(type_, {})[name] = provider

    @property
    def names(self) -> list[str]:
        """Every provider, in order of name."""
        return sorted(self._named)

    def named(self, name: str) -> Provider | None:
        """A provider by name; of one that serves several channels the first, whose settings are the others' too."""
        found = self._named.get(name)
        return found[0] if found else None

    def types_of(self, name: str) -> list[SubscriptionType]:
        """Every subscription type that a provider serves, in whatever channel."""
        return sorted({type_ for provider in self._named.get(name, ()) for type_ in provider.types})

    def serving(self, type: SubscriptionType) -> Sequence[str]:
        """The names of the providers that could send to this type."""
        return tuple(self._serving.get(type, ()))

    def canonical_address(self, type: SubscriptionType, address: str) -> str:
        """The address as the channel's plug-in writes it; raise InvalidInput when it can be none."""
        plugin = self.plugins.get(type.channel)
        return address if plugin is None else plugin.check_address(type, address, field="token")

    def capabilities(self, type: SubscriptionType, name: str) -> Capabilities:
        """What a provider can do for this type."""
        provider = self._serving.get(type, {}).get(name)
        return NOTHING_SPECIAL if provider is None else provider.capabilities
