"""Solapi as every channel that it serves offers it."""

from __future__ import annotations

from adapters.channels.frame.solapi import account
from adapters.channels.frame.solapi.route import CAPABILITIES, solapi_callbacks
from adapters.channels.frame.vendor import Vendor
from domain.shared.channels import SubscriptionType


def solapi_vendor(type: SubscriptionType) -> Vendor:
    """One account, whatever is sent with it."""
    return Vendor(
        name=account.PROVIDER,
        types=(type,),
        settings=account.SETTINGS,
        capabilities=CAPABILITIES,
        reader=solapi_callbacks,
    )
