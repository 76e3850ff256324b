"""The one MetaData that every table of the control plane hangs on."""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData()
