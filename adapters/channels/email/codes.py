"""The subscription codes that e-mail providers' answers and reports ask for."""

from __future__ import annotations

from typing import Final

from domain.messaging.outcome import SoftFault

INVALID: Final = -40
UNDELIVERABLE: Final = -41
HARD_BOUNCE: Final = -42
SOFT_BOUNCE: Final = -43
COMPLAINT: Final = -44
UNSUBSCRIBED: Final = -45

OTHER_FAILURE: Final = SoftFault(UNDELIVERABLE, 5)
"""Some permanent failure: says something about the recipient when it repeats."""
SOFT: Final = SoftFault(SOFT_BOUNCE, 3)
"""A full mailbox, an expired delivery."""
