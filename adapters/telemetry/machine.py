"""The machine and this process: processor, memory, disks, network, read when somebody asks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil

from application.ports.measures import Figure


class Machine:
    """Numbers of the operating system; what it does not tell is left out."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder
        self._process = psutil.Process()

    def figures(self) -> Iterator[Figure]:
        cpu = psutil.cpu_times()
        for mode in ("user", "system", "idle", "iowait", "steal"):
            if hasattr(cpu, mode):
                yield Figure("signal_node_cpu_seconds_total", getattr(cpu, mode), (mode,))
        yield Figure("signal_node_load", os.getloadavg()[0])
        yield Figure("signal_node_cpus", psutil.cpu_count() or 1)
        memory = psutil.virtual_memory()
        yield Figure("signal_node_memory_bytes", memory.total, ("total",))
        yield Figure("signal_node_memory_bytes", memory.available, ("available",))
        disks = psutil.disk_io_counters()
        if disks is not None:
            yield Figure("signal_node_disk_bytes_total", disks.read_bytes, ("read",))
            yield Figure("signal_node_disk_bytes_total", disks.write_bytes, ("written",))
        folder = next(
            one for one in (self._folder.absolute(), *self._folder.absolute().parents) if one.exists()
        )
        yield Figure("signal_node_disk_free_bytes", psutil.disk_usage(str(folder)).free)
        network = psutil.net_io_counters()
        if network is not None:
            yield Figure("signal_node_network_bytes_total", network.bytes_sent, ("sent",))
            yield Figure("signal_node_network_bytes_total", network.bytes_recv, ("received",))
        own = self._process.cpu_times()
        yield Figure("signal_process_cpu_seconds_total", own.user + own.system)
        yield Figure("signal_process_memory_bytes", self._process.memory_info().rss)
        yield Figure("signal_process_started_seconds", self._process.create_time())
