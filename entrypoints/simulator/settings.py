"""What the simulator needs to start; every port may be 0, which means a free one."""

from pathlib import Path

from attrs import field, frozen, validators

_port = validators.and_(validators.instance_of(int), validators.ge(0), validators.le(65_535))


@frozen(kw_only=True)
class SimulatorSettings:
    """`folder` receives `ca.pem`, `server.pem`, `server.key` and, once everything listens, `simulator.json`.

    `max_messages` bounds the per-message records, `last_requests` the ring of full requests, `max_receipts`
    the waiting receipts. With `exit_with_parent` the simulator stops when its parent process is gone.
    """

    folder: Path = field(converter=Path)
    host: str = "127.0.0.1"
    production_port: int = field(default=0, validator=_port)
    sandbox_port: int = field(default=0, validator=_port)
    fault_port: int = field(default=0, validator=_port)
    control_port: int = field(default=0, validator=_port)
    smtp_port: int = field(default=0, validator=_port)
    smtps_port: int = field(default=0, validator=_port)
    behaviour_file: Path | None = None
    max_messages: int = field(default=5_000_000, validator=validators.ge(1))
    last_requests: int = field(default=1_000, validator=validators.ge(1))
    max_receipts: int = field(default=2_000_000, validator=validators.ge(1))
    receipt_concurrency: int = field(default=32, validator=validators.ge(1))
    exit_with_parent: bool = False

    @property
    def ready_file(self) -> Path:
        """Written when all listeners accept connections, removed on exit."""
        return self.folder / "simulator.json"
