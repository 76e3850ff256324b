"""What `analytics` tells machines, and how it refuses what it cannot read."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
import typer
from typer.testing import CliRunner

from application.analytics.figures import Figures
from application.ports.analytics import Mismatch, Recount
from bootstrap.commands.analytics import figures_document, recount_document, register_analytics
from domain.analytics.dimension import NOTHING
from domain.messaging.event import MessageEventType

APP = UUID(int=5)


def test_figures_have_every_count_and_rate() -> None:
    """As REST names them; a rate of nothing is null."""
    told = figures_document(Figures(accepted=5, sent=4, failed=1, received=2, converted=1))
    assert (told["sent"], told["success_rate"], told["open_rate"], told["conversion_rate"]) == (
        4,
        0.8,
        0.25,
        0.5,
    )
    assert figures_document(Figures())["open_rate"] is None


def test_a_proof_names_what_is_wrong() -> None:
    """The hour, the event and both numbers; without a mismatch it is exact."""
    hour = datetime(2026, 3, 1, 5, tzinfo=UTC)
    wrong = Mismatch(APP, hour, 1, NOTHING, MessageEventType.SENT, "", 3, 2)
    told = recount_document(Recount(1, 10, 0, True, [wrong]))
    assert told["exact"] is False
    assert told["mismatches"] == [
        {
            "application_id": str(APP), "hour": "2026-03-01T05:00:00Z", "type": 1, "campaign_id": None,
            "event_type": "sent", "reason": "", "counted": 3, "found": 2,
        }
    ]  # fmt: skip
    assert recount_document(Recount(1, 10, 0, True, []))["exact"] is True


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["totals", "--since", "yesterday"], "--since"),
        (["series", "--granularity", "week"], "--granularity"),
        (["totals", "--by", "colour"], "colour"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_opened(arguments: list[str], named: str) -> None:
    """By the option's name."""
    app = typer.Typer()
    register_analytics(app)
    ran = CliRunner().invoke(app, ["analytics", *arguments, "--application", str(APP)])
    assert ran.exit_code != 0
    assert named in f"{ran.exception} {ran.output}"
