"""Finds the channels: every folder here that exports `plugin`."""

from __future__ import annotations

import importlib
import pkgutil

from adapters import channels
from application.ports.channels import ChannelPlugin


def channel_plugins() -> list[ChannelPlugin]:
    """One plugin per folder, in the order of the folders' names."""
    found: list[ChannelPlugin] = []
    for module in pkgutil.iter_modules(channels.__path__):
        if module.ispkg:
            plugin: ChannelPlugin = importlib.import_module(f"{channels.__name__}.{module.name}").plugin
            found.append(plugin)
    return found
