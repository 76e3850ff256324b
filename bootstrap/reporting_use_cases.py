"""The use cases of figures and reports. `UseCases` adds the rest."""

from __future__ import annotations

from typing import ClassVar

from dependency_injector import providers

from application.analytics.asked_period import AskedPeriod
from application.analytics.check_figures import CheckFigures
from application.analytics.compare_funnels import CompareFunnels
from application.analytics.read_funnel import ReadFunnel
from application.analytics.read_inactive import ReadInactive
from application.analytics.read_overview import ReadMonth, ReadToday
from application.analytics.read_series import ReadSeries
from application.analytics.read_subscriptions import ReadSubscriptions
from application.analytics.read_totals import ReadTotals
from application.analytics.read_usage import ReadUsage
from application.reports.create_export import CreateExport
from application.reports.read_exports import DownloadExport, ListExports, ReadExport, RemoveExport
from application.reports.read_statement import ReadStatement
from application.reports.stream_report import StreamReport
from application.reports.write_exports import WriteExports
from bootstrap.outreach_use_cases import OutreachUseCases


class ReportingUseCases(OutreachUseCases):
    """What came of it."""

    _i = OutreachUseCases.infrastructure

    asked_period = providers.Singleton(AskedPeriod, applications=_i.applications, clock=_i.clock)
    _figures: ClassVar = {"analytics": _i.analytics, "period": asked_period}
    read_totals = providers.Singleton(ReadTotals, **_figures)
    read_series = providers.Singleton(ReadSeries, **_figures)
    read_funnel = providers.Singleton(ReadFunnel, **_figures)
    compare_funnels = providers.Singleton(CompareFunnels, **_figures)
    read_subscriptions = providers.Singleton(ReadSubscriptions, **_figures)
    read_usage = providers.Singleton(ReadUsage, **_figures)
    _looked_at: ClassVar = {"applications": _i.applications, "analytics": _i.analytics, "clock": _i.clock}
    read_today = providers.Singleton(ReadToday, queues=_i.queue_figures, **_looked_at)
    read_inactive = providers.Singleton(ReadInactive, **_looked_at)
    read_month = providers.Singleton(ReadMonth, **_looked_at)
    create_export = providers.Singleton(
        CreateExport, exports=_i.exports, clock=_i.clock, identifiers=_i.identifiers
    )
    read_export = providers.Singleton(
        ReadExport, exports=_i.exports, clock=_i.clock, download_keys=_i.download_keys
    )
    list_exports = providers.Singleton(ListExports, exports=_i.exports, read_export=read_export)
    remove_export = providers.Singleton(RemoveExport, exports=_i.exports)
    download_export = providers.Singleton(
        DownloadExport, exports=_i.exports, clock=_i.clock, download_keys=_i.download_keys
    )
    write_exports = providers.Singleton(
        WriteExports,
        exports=_i.exports,
        report_rows=_i.report_rows,
        parquet_writer=_i.parquet_writer,
        clock=_i.clock,
    )
    stream_report = providers.Singleton(
        StreamReport,
        applications=_i.applications,
        campaigns=_i.campaigns,
        report_rows=_i.report_rows,
        clock=_i.clock,
    )
    read_statement = providers.Singleton(
        ReadStatement,
        applications=_i.applications,
        quotas=_i.quotas,
        statements=_i.statements,
        clock=_i.clock,
    )
    check_figures = providers.Singleton(CheckFigures, analytics=_i.analytics)
