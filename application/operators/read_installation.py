"""How the installation does at this moment."""

from __future__ import annotations

import attrs

from application.ports.installation import Installation, InstallationReading


@attrs.frozen(kw_only=True)
class ReadInstallation:
    installation: Installation

    async def __call__(self) -> InstallationReading:
        """Database, queue and workers of the whole installation."""
        return await self.installation.read()
