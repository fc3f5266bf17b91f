"""Those who make the load: wrk with one thread, and the SQLite yardstick."""

import json
import pathlib
import subprocess
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent


@dataclass
class Run:
    """One run of wrk; times in microseconds."""

    seconds: float
    requests: int
    p50: int
    p99: int
    max: int
    failed: int  # answers of 400 and more
    lost: int    # no answer: the connection failed, or nothing for two seconds
    statuses: dict = field(default_factory=dict)  # counted by the script of POSTs only
    expected: int = 201

    @property
    def rate(self):
        return self.requests / self.seconds

    def trouble(self):
        """What makes this run worth nothing; empty when nothing does."""
        others = {status: count for status, count in self.statuses.items() if status != str(self.expected)}
        if self.requests == 0:
            return "no answer at all"
        if self.failed or self.lost or others:
            return f"{self.failed} refused, {self.lost} lost, other answers than {self.expected}: {others or 'none'}"
        return ""


def wrk(url, connections, seconds, script="report.lua", script_arguments=()):
    arguments = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={max(1, round(seconds))}s",
                 f"--script={HERE / script}", url]
    if script_arguments:
        arguments += ["--", *map(str, script_arguments)]
    output = subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
    report = json.loads(output.splitlines()[-1])
    return Run(seconds=report["duration"] / 1e6,
               **{name: report[name] for name in ("requests", "p50", "p99", "max", "failed", "lost", "statuses")})


class OrderLoad:
    """Creates of ever new orders of one form (orders.lua), and how many were answered as expected in all: the store must
    hold as many."""

    def __init__(self, service, form="generic, done"):
        self._service = service
        self._form = form
        self._expected = 202 if form == "generic, stored" else 201
        self._seed = 0
        self.created = 0
        self.cut_off_at_most = 0  # wrk goes while requests are on their way

    def run(self, connections, seconds, rate_max=None):
        """As fast as the answers come, or at a steady rate."""
        self._seed += 1
        limit = [] if rate_max is None else [round(rate_max)]
        result = wrk(self._service.url, connections, seconds, "orders.lua", [self._form, self._seed, *limit])
        result.expected = self._expected
        self.created += result.statuses.get(str(self._expected), 0)
        self.cut_off_at_most += connections
        return result


def sqlite_yardstick(binary, folder, seconds, batches):
    """Orders per second by batch size."""
    arguments = [str(binary), str(folder), str(seconds), *map(str, batches)]
    output = subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
    return {int(batch): float(rate) for batch, rate in (line.split("\t") for line in output.splitlines())}
