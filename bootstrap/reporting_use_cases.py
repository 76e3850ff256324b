"""The use cases of figures and reports. `UseCases` adds the rest."""

from __future__ import annotations

from typing import ClassVar

from dependency_injector import providers

from application.analytics.asked_period import AskedPeriod
from application.analytics.check_figures import CheckFigures
from application.analytics.read_funnel import ReadFunnel
from application.analytics.read_inactive import ReadInactive
from application.analytics.read_series import ReadSeries
from application.analytics.read_subscriptions import ReadSubscriptions
from application.analytics.read_totals import ReadTotals
from application.analytics.read_usage import ReadUsage
from bootstrap.outreach_use_cases import OutreachUseCases


class ReportingUseCases(OutreachUseCases):
    """What came of it."""

    _i = OutreachUseCases.infrastructure

    asked_period = providers.Singleton(AskedPeriod, applications=_i.applications, clock=_i.clock)
    _figures: ClassVar = {"analytics": _i.analytics, "period": asked_period}
    read_totals = providers.Singleton(ReadTotals, **_figures)
    read_series = providers.Singleton(ReadSeries, **_figures)
    read_funnel = providers.Singleton(ReadFunnel, **_figures)
    read_subscriptions = providers.Singleton(ReadSubscriptions, **_figures)
    read_usage = providers.Singleton(ReadUsage, **_figures)
    read_inactive = providers.Singleton(
        ReadInactive, applications=_i.applications, analytics=_i.analytics, clock=_i.clock
    )
    check_figures = providers.Singleton(CheckFigures, analytics=_i.analytics)
