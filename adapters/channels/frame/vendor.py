"""A provider as the contract wants it, made of its fields, what it can do, and what checks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from application.ports.channel_plugins import Capabilities
from application.ports.channels import ChannelSettings, CredentialCheck
from application.ports.delivery_reports import CallbackReader
from application.ports.provider_settings import SettingField, check_fields, summary_of
from domain.shared.channels import SubscriptionType


@attrs.frozen(kw_only=True)
class Vendor:
    """Implements `application.ports.channel_plugins.Provider`."""

    name: str
    types: Sequence[SubscriptionType]
    settings: Sequence[SettingField]
    capabilities: Capabilities = attrs.field(factory=Capabilities)
    check: Callable[[Mapping[str, str]], CredentialCheck] | None = None
    """Instead of the fields' own rules, where they cannot say it all."""
    reader: Callable[[ChannelSettings], CallbackReader] | None = None

    async def check_credential(self, fields: Mapping[str, str]) -> CredentialCheck:
        """What `check` or else the fields' rules make of what was entered."""
        if self.check is not None:
            return self.check(fields)
        checked = check_fields(self.settings, fields)
        return CredentialCheck(fields=checked, summary=summary_of(self.settings, checked))

    def callbacks(self, settings: ChannelSettings) -> CallbackReader | None:
        """A new reader, if this vendor calls back."""
        return None if self.reader is None else self.reader(settings)
