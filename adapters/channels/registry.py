"""Finds the channels: every folder here that exports `plugin`, and what installed packages offer as entry points."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points

from adapters import channels
from application.ports.channel_plugins import ChannelPlugin

ENTRY_POINTS = "automata_signal.channels"
"""The group in which another package names its plug-in: `slack = "our_slack:plugin"`."""
NOT_A_CHANNEL = frozenset({"frame"})


def channel_plugins() -> list[ChannelPlugin]:
    """The plug-ins of the folders, then those of installed packages, each in order of name.

    Raise ValueError when two serve the same channel; whatever a package raises on import is raised: a channel that
    is installed and missing would be worse.
    """
    folders = [
        module.name
        for module in pkgutil.iter_modules(channels.__path__)
        if module.ispkg and module.name not in NOT_A_CHANNEL
    ]
    found: list[ChannelPlugin] = [
        *(importlib.import_module(f"{channels.__name__}.{name}").plugin for name in folders),
        *installed_plugins(),
    ]
    serving: dict[int, str] = {}
    for plugin in found:
        other = serving.setdefault(int(plugin.channel), plugin.key)
        if other != plugin.key:
            raise ValueError(f"{plugin.key} and {other} both serve the channel {plugin.channel.wire}")
    return found


def installed_plugins() -> list[ChannelPlugin]:
    """Those of installed packages alone: importing them declares their channels."""
    return [entry.load() for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda one: one.name)]
