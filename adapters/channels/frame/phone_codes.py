"""What gateways' answers say about a phone number: codes of SMS (-50 … -55) and of AlimTalk (-60 … -65).

Codes of the sender or of one message (-55, -62 … -65) are recorded on the message, never set on a subscription.
"""

from __future__ import annotations

from typing import Final

from domain.messaging.outcome import SoftFault

NUMBER_INVALID: Final = -50
SMS_FAILED: Final = SoftFault(-51, 5)
NOT_ASSIGNED: Final = -52
NETWORK_FAULT: Final = SoftFault(-53, 5)
SMS_BLOCKED: Final = -54
SENDER_FAULT: Final = -55

NOT_ON_KAKAOTALK: Final = -60
PERHAPS_NOT_ON_KAKAOTALK: Final = SoftFault(-60, 3)
ALIMTALK_BLOCKED: Final = -61
PERHAPS_BLOCKED: Final = SoftFault(-61, 3)
NOT_A_FRIEND: Final = -62
TEMPLATE_FAULT: Final = -63
DAILY_LIMIT: Final = -64
KAKAO_CHANNEL_FAULT: Final = -65
