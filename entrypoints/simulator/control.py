"""The control API: plain HTTP/1.1 with JSON, to steer the simulator and to ask what it saw.

GET /control/health · GET, PUT /control/behaviour · GET /control/stats · POST /control/reset ·
GET /control/requests?last= · GET /control/deliveries[?message_id= | ?duplicates=true][&provider=] ·
POST /control/devices · POST /control/keys · GET /control/mails[?recipient=][&last=] · POST /control/sns
"""

import os
import time
from typing import Final, Literal

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from entrypoints.simulator.behaviour import Environment, parse_behaviour
from entrypoints.simulator.devices import Device, Fleet
from entrypoints.simulator.mail.control import MailControl
from entrypoints.simulator.oauth import parse_service_account
from entrypoints.simulator.provider_tokens import parse_apns_key
from entrypoints.simulator.recorded import delivery_lines, readable, totals_of
from entrypoints.simulator.simulation import Simulation
from entrypoints.simulator.texts.desk import TextAccount

LARGEST_BODY: Final = 256 * 1024 * 1024


class ApnsKey(Struct, frozen=True, forbid_unknown_fields=True):
    """The public half of a .p8 key."""

    key_id: str
    team_id: str
    public_key: str
    environment: Environment | None = None


class GoogleKey(Struct, frozen=True, forbid_unknown_fields=True):
    """The public half of a service account's key."""

    client_email: str
    public_key: str
    project_id: str | None = None


class AwsKey(Struct, frozen=True, forbid_unknown_fields=True):
    """An access key that SES requests are checked with."""

    access_key_id: str
    secret_access_key: str


class Keys(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /control/keys."""

    apns: list[ApnsKey] = []
    google: list[GoogleKey] = []
    aws: list[AwsKey] = []
    solapi: list[TextAccount] = []
    nhn: list[TextAccount] = []
    twilio: list[TextAccount] = []


class _Invalid(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ControlApi:
    """The routes over one simulation and its devices."""

    def __init__(self, simulation: Simulation, fleet: Fleet) -> None:
        self._simulation = simulation
        self._stage = simulation.stage
        self._fleet = fleet
        self._first_behaviour = simulation.stage.behaviour
        self._since = time.time()

    def application(self) -> Starlette:
        """The ASGI application; bad input is 400 (no JSON) or 422 with `error` and, where known, `field`."""
        routes = [
            Route("/control/health", self._health),
            Route("/control/behaviour", self._get_behaviour),
            Route("/control/behaviour", self._put_behaviour, methods=["PUT"]),
            Route("/control/stats", self._stats),
            Route("/control/reset", self._reset, methods=["POST"]),
            Route("/control/requests", self._requests),
            Route("/control/deliveries", self._deliveries),
            Route("/control/devices", self._devices, methods=["POST"]),
            Route("/control/keys", self._keys, methods=["POST"]),
            *MailControl(self._simulation.mailbox, self._simulation.reporting).routes(),
        ]
        return Starlette(routes=routes, exception_handlers={_Invalid: _refuse})

    async def _health(self, request: Request) -> Response:
        return _json({"status": "ok", "pid": os.getpid()})

    async def _get_behaviour(self, request: Request) -> Response:
        return _json(self._stage.behaviour)

    async def _put_behaviour(self, request: Request) -> Response:
        toml = "toml" in request.headers.get("content-type", "")
        raw = await _body(request)
        try:
            behaviour = parse_behaviour(raw, toml=toml)
        except msgspec.ValidationError as error:
            raise _Invalid(422, str(error)) from error
        except ValueError as error:
            raise _Invalid(400, f"the body is no {'TOML' if toml else 'JSON'}: {error}") from error
        self._stage.play(behaviour)
        return _json(behaviour)

    async def _stats(self, request: Request) -> Response:
        recorder = self._stage.recorder
        providers = {ledger.provider: totals_of(ledger) for ledger in recorder.ledgers}
        return _json(
            {
                **providers,
                "requests": sum(ledger.requests for ledger in recorder.ledgers),
                "accepted": sum(ledger.accepted_total for ledger in recorder.ledgers),
                "duplicates": sum(ledger.duplicates for ledger in recorder.ledgers),
                "realms": recorder.realms,
                "oauth": recorder.oauth,
                "receipts": self._fleet.stats(),
                "mail_reports": self._simulation.reporting.counts,
                "reports": self._simulation.texts.reporting.stats(),
                "keys": {
                    "apns": len(self._simulation.provider_tokens),
                    "google": len(self._simulation.oauth),
                },
                "since": self._since,
                "cpu_seconds": time.process_time(),
            }
        )

    async def _reset(self, request: Request) -> Response:
        """Forget what was recorded; `?also=behaviour,devices,keys` forgets those, too."""
        also = {part for part in request.query_params.get("also", "").split(",") if part}
        if unknown := also - {"behaviour", "devices", "keys"}:
            raise _Invalid(422, f"also: {', '.join(sorted(unknown))} is not one of behaviour, devices, keys")
        self._stage.recorder.reset()
        self._simulation.mailbox.reset()
        self._simulation.reporting.counts.clear()
        self._fleet.counts.clear()
        self._simulation.texts.reset()
        self._since = time.time()
        if "behaviour" in also:
            self._stage.play(self._first_behaviour)
        if "devices" in also:
            self._fleet.forget()
        if "keys" in also:
            self._simulation.provider_tokens.forget()
            self._simulation.oauth.forget()
            self._simulation.ses.access_keys.clear()
            self._simulation.texts.forget_accounts()
        return Response(status_code=204)

    async def _requests(self, request: Request) -> Response:
        last = request.query_params.get("last", "100")
        if not (last.isascii() and last.isdigit() and int(last) > 0):
            raise _Invalid(422, "last: a positive integer is expected")
        ring = self._stage.recorder.last
        return _json([readable(detail) for detail in list(ring)[-int(last) :]])

    async def _deliveries(self, request: Request) -> Response:
        query = request.query_params
        provider = query.get("provider")
        known = [ledger.provider for ledger in self._stage.recorder.ledgers]
        if provider is not None and provider not in known:
            raise _Invalid(422, f"provider: one of {', '.join(known)} is expected")
        ledgers = [item for item in self._stage.recorder.ledgers if provider in (None, item.provider)]
        message_id = query.get("message_id")
        if message_id is not None:
            found = [item for item in (ledger.delivery(message_id) for ledger in ledgers) if item is not None]
            return _json(
                {
                    "message_id": message_id,
                    "accepted": sum(item.accepted for item in found),
                    "attempts": sum(item.attempts for item in found),
                    "deliveries": [item._asdict() for item in found],
                }
            )
        duplicates = query.get("duplicates", "false")
        if duplicates not in ("true", "false"):
            raise _Invalid(422, "duplicates: true or false is expected")
        lines = delivery_lines(ledgers, only_duplicates=duplicates == "true")
        return StreamingResponse(lines, media_type="application/x-ndjson")

    async def _devices(self, request: Request) -> Response:
        """A JSON array of devices, or NDJSON with one a line."""
        raw = (await _body(request)).strip()
        try:
            if raw.startswith(b"["):
                devices = msgspec.json.decode(raw, type=list[Device])
            else:
                devices = msgspec.json.Decoder(Device).decode_lines(raw)
        except msgspec.MsgspecError as error:
            raise _invalid_json(error) from error
        self._fleet.enrol(devices)
        return _json({"enrolled": len(devices), "devices": len(self._fleet)})

    async def _keys(self, request: Request) -> Response:
        try:
            keys = msgspec.json.decode(await _body(request), type=Keys)
        except msgspec.MsgspecError as error:
            raise _invalid_json(error) from error
        try:
            apns = [parse_apns_key(k.key_id, k.team_id, k.public_key, k.environment) for k in keys.apns]
            google = [parse_service_account(k.client_email, k.public_key, k.project_id) for k in keys.google]
        except ValueError as error:
            raise _Invalid(422, str(error)) from error
        self._simulation.provider_tokens.register(apns)
        self._simulation.oauth.register(google)
        self._simulation.ses.access_keys.update({k.access_key_id: k.secret_access_key for k in keys.aws})
        self._simulation.texts.register(solapi=keys.solapi, nhn=keys.nhn, twilio=keys.twilio)
        return _json({"apns": len(self._simulation.provider_tokens), "google": len(self._simulation.oauth)})


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, _Invalid)
    return _json({"error": str(error), "field": _field(str(error))}, error.status)


def _field(message: str) -> str | None:
    """The field that an error text names: by path, as unknown or missing, or before a colon."""
    text, _, place = message.partition(" - at `$")
    path = place.rstrip("`").lstrip(".")
    named = text.partition(": ")[0] if ": " in text else ""
    if "field `" in text:
        named = text.partition("field `")[2].partition("`")[0]
    return ".".join(part for part in (path, named if " " not in named else "") if part) or None


def _invalid_json(error: msgspec.MsgspecError) -> _Invalid:
    status: Literal[400, 422] = 422 if isinstance(error, msgspec.ValidationError) else 400
    return _Invalid(status, str(error))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise _Invalid(413, f"the body exceeds {LARGEST_BODY} bytes")
    return bytes(body)
