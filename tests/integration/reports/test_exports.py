"""Exports hold every row once, whatever happens while they are written, and nothing that must not leave."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from uuid import UUID

import attrs
import pytest
from arro3.io import read_parquet

from adapters.postgres.report_rows import PostgresReportRows
from application.ports.report_rows import ReportPage
from application.reports.commands import DownloadCommand
from application.reports.read_exports import DownloadExport
from domain.reports.columns import COLUMNS, Format, Subject
from domain.reports.export import Report
from domain.shared.errors import Conflict, NotFound, Unavailable
from tests.integration.analytics.fates import meet_fates
from tests.integration.pipeline.workshop import Workshop
from tests.integration.reports.bureau import KEYS, Bureau

EXPECTED = {Subject.MESSAGES: 17, Subject.EVENTS: 33, Subject.SUBSCRIPTIONS: 16}


def rows_of(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))


async def test_every_subject_has_the_same_rows_in_every_form(shop: Workshop) -> None:
    """CSV, NDJSON and Parquet of many small pieces tell the same, and no row of another application."""
    fates = await meet_fates(shop)
    stranger = await shop.application()
    await shop.send(stranger, await shop.subscriptions(stranger, 7))
    bureau = Bureau(shop)
    for subject in Subject:
        if subject is Subject.RECIPIENTS:
            continue
        told = rows_of(await bureau.written(fates.application_id, subject, Format.CSV))
        lines = (await bureau.written(fates.application_id, subject, Format.NDJSON)).splitlines()
        columns = await bureau.written(fates.application_id, subject, Format.PARQUET)
        table = read_parquet(io.BytesIO(columns)).read_all()
        assert len(told) == len(lines) == table.num_rows == EXPECTED.get(subject, len(told)) > 0
        names = [column.name for column in COLUMNS[subject]]
        assert list(told[0]) == list(json.loads(lines[0])) == table.column_names == names
        first = COLUMNS[subject][0].name
        if subject is not Subject.STATISTICS:
            expected = sorted(line[first] for line in told)
            assert sorted(json.loads(line)[first] for line in lines) == expected
            assert sorted(table.column(first).to_pylist()) == expected


async def test_messages_tell_what_became_of_them(shop: Workshop) -> None:
    """States, times and reasons are those of the messages."""
    fates = await meet_fates(shop)
    told = rows_of(await Bureau(shop).written(fates.application_id, Subject.MESSAGES, Format.CSV, bom=True))
    states = [line["status"] for line in told]
    assert {name: states.count(name) for name in set(states)} == {
        "successful": 5, "received": 2, "converted": 5, "failed": 3, "errored": 1, "canceled": 1,
    }  # fmt: skip
    sent = {line["id"]: line for line in told if line["sent_at"]}
    assert sent.keys() == {str(id_) for id_ in fates.sent}
    assert {line["type"] for line in told} == {"iOSPush"}


async def test_a_spreadsheet_reads_no_formula_and_no_token_leaves(shop: Workshop) -> None:
    """What begins like a formula gets an apostrophe in front, in any width; JSON is told as it is."""
    app = await shop.application()
    people = ["=1+1", "+82", "-1", "@SUM(A1)", "\tx", "＝1", 'a"b\nc,\\d', "plain"]
    for name in people:
        await shop.subscriptions(app, 1, user=await shop.user(app, name))
    bureau = Bureau(shop)
    file = await bureau.written(app, Subject.SUBSCRIPTIONS, Format.CSV)
    told = {line["external_id"] for line in rows_of(file)}
    assert told == {"'=1+1", "'+82", "'-1", "'@SUM(A1)", "'\tx", "'＝1", 'a"b\nc,\\d', "plain"}
    lines = (await bureau.written(app, Subject.SUBSCRIPTIONS, Format.NDJSON)).splitlines()
    assert {json.loads(line)["external_id"] for line in lines} == set(people)
    assert b"token" not in file.lower()


@attrs.define
class Dying:
    """Reads pages until it is told to die, as a process does: between a page and the next."""

    inner: PostgresReportRows
    pages: int

    async def page(self, report: Report, cursor: str | None) -> ReportPage:
        if self.pages == 0:
            raise KeyboardInterrupt
        self.pages -= 1
        return await self.inner.page(report, cursor)


async def test_whoever_follows_a_dead_writer_goes_on_from_the_last_piece(shop: Workshop) -> None:
    """Nothing twice, nothing missing; nobody takes over before the claim ran out, and the dead one writes no more."""
    fates = await meet_fates(shop)
    bureau = Bureau(shop)
    export = await bureau.order(fates.application_id, Subject.MESSAGES, Format.CSV)
    for pages in (1, 2):
        dying = attrs.evolve(bureau.write, report_rows=Dying(bureau.report_rows, pages))
        with pytest.raises(KeyboardInterrupt):
            await dying()
        assert await bureau.write() == 0
        assert 0 < (await bureau.read(export)).export.done_share < 1
        shop.clock.shift += timedelta(minutes=2)
    assert await bureau.write() == 1
    told = rows_of(await bureau.file(export))
    assert len({line["id"] for line in told}) == len(told) == 17
    found = await bureau.read(export)
    assert (found.export.state, found.export.rows, found.export.done_share) == ("ready", 17, 1.0)


async def test_a_writer_that_was_overtaken_writes_no_more(shop: Workshop) -> None:
    """A frozen process that wakes up finds its export with another, and leaves it alone."""
    fates = await meet_fates(shop)
    bureau = Bureau(shop)
    export = await bureau.order(fates.application_id, Subject.MESSAGES, Format.CSV)
    now = shop.clock.now()
    frozen = await bureau.exports.claim(now, now + timedelta(seconds=60))
    assert frozen is not None
    page = await bureau.report_rows.page(frozen.report, None)
    shop.clock.shift += timedelta(minutes=2)
    later = shop.clock.now()
    other = await bureau.exports.claim(later, later + timedelta(seconds=60))
    assert other is not None
    assert not await bureau.exports.append(frozen, page, later)
    assert not await bureau.exports.finish(frozen, later, later, None)
    await bureau.exports.release(frozen)
    assert (await bureau.read(export)).export.state == "running"
    assert await bureau.exports.append(other, page, later)


@attrs.define
class Failing:
    """Answers no page."""

    error: Exception

    async def page(self, report: Report, cursor: str | None) -> ReportPage:
        raise self.error


@pytest.mark.parametrize("error", [Unavailable(), ValueError("a fault of ours")], ids=["away", "fault"])
async def test_what_never_brings_a_piece_fails_with_a_reason(shop: Workshop, error: Exception) -> None:
    """After five beginnings it is given up, and says so; the writer goes on with others."""
    app = await shop.application()
    bureau = Bureau(shop)
    export = await bureau.order(app, Subject.MESSAGES, Format.NDJSON)
    for _ in range(6):
        await attrs.evolve(bureau.write, report_rows=Failing(error))()
    found = await bureau.read(export)
    assert found.export.state == "failed"
    assert "several attempts" in (found.export.failure or "")
    assert found.link is None


async def test_a_link_is_good_for_its_file_and_an_hour(shop: Workshop) -> None:
    """Another file's, a changed, an old link, and the link of a removed file find nothing."""
    app = await shop.application()
    bureau = Bureau(shop)
    export, other = [await bureau.order(app, Subject.MESSAGES, Format.CSV) for _ in range(2)]
    assert (await bureau.read(export)).link is None
    while await bureau.write():
        pass
    link = (await bureau.read(export)).link
    assert link is not None
    fetch = DownloadExport(exports=bureau.exports, clock=shop.clock, download_keys=KEYS)

    async def file(id_: UUID, expires: int, signature: str) -> bytes:
        command = DownloadCommand(export_id=id_, expires=expires, signature=signature)
        return b"".join([piece async for piece in (await fetch(command))[1]])

    assert (await file(export.id, link.expires, link.signature)).startswith(b"id,created_at,")
    for wrong in (
        (other.id, link.expires, link.signature),
        (export.id, link.expires + 1, link.signature),
        (export.id, link.expires, "0" * 64),
    ):
        with pytest.raises(NotFound):
            await file(*wrong)
    shop.clock.shift += timedelta(minutes=61)
    with pytest.raises(NotFound):
        await file(export.id, link.expires, link.signature)
    shop.clock.shift += timedelta(days=8)
    assert await bureau.write() == 2
    with pytest.raises(NotFound):
        await bureau.read(export)


async def test_an_application_has_a_few_exports_under_way_at_most(shop: Workshop) -> None:
    """The sixth is refused until one is done."""
    app = await shop.application()
    bureau = Bureau(shop)
    for _ in range(5):
        await bureau.order(app, Subject.LEDGER, Format.CSV)
    with pytest.raises(Conflict):
        await bureau.order(app, Subject.LEDGER, Format.CSV)
    await bureau.write()
    await bureau.order(app, Subject.LEDGER, Format.CSV)
