"""The bench of mail sends what it says, by every provider, and reports what it found."""

from __future__ import annotations

import pytest

from bootstrap.bench.email_runs import email_runs

pytestmark = pytest.mark.slow


def test_every_run_sends_all_of_its_mails() -> None:
    """However long that takes."""
    report = email_runs(messages=120)
    for name in ("ses", "ses_bulk", "smtp", "smtp_dkim_rsa", "smtp_dkim_ed25519"):
        run = report[name]
        assert isinstance(run, dict)
        assert run["outcomes"] == {"accepted": 120}, name
        assert run["cpu_us_per_message"] > 0
