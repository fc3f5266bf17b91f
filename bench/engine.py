"""The engine for many machines: one `api` and one `worker` on a real PostgreSQL and Kafka, beside what that PostgreSQL does
with the same three commits when pgbench alone asks for them, and beside a service in Go that takes one order at a time."""

import os
import pathlib
import resource
import statistics
import time
from dataclasses import dataclass

import go_service
from load import OrderLoad, Run
from processes import TICKS, Broken, Service, running
from report import Aim, Table, megabytes, milliseconds, rate
from servers import KAFKA_HEAP, SETTINGS, Servers, kafka_version

CONNECTIONS = (1, 16, 64, 256)
MOST = max(CONNECTIONS)
WARM_UP_SECONDS_MAX = 15  # of the JVM: before, a broker costs three times as much
YARDSTICKS = {
    "one": ("yardstick_one.sql", 1, (8, 16, 32, 64)),
    "batch": ("yardstick_batch.sql", 64, (1, 2, 4, 8)),
}

YARDSTICK_RATIO_AIM = 3
GO_RATIO_AIM = 6
# Two aims are figures of one machine. What they are on another follows from what its yardsticks did there.
RATE_64_AIM = 10_000  # where one by one was 5,000/s
RATE_64_RATIO_AIM = 2
LONE_REQUEST_AIM_US = 2000  # where the Go service took 1,900
LONE_REQUEST_RATIO_AIM = 1.05
HALF_RATE_P99_AIM_US = 25_000


@dataclass
class Cost:
    """What one run took, per order that was answered."""

    cpu_us: dict
    wal_bytes: float
    batch_orders: float
    others_share: float  # of all the cores' time, by processes that are no part of the measurement


class Meter:
    """Reads what a run's cost is the difference of."""

    def __init__(self, programs, database):
        self._programs = programs
        self._database = database

    def measure(self, work):
        """The run that the work returns, and its cost."""
        before = self._read()
        run = work()
        taken = {name: value - before[name] for name, value in self._read().items()}
        orders = max(1, run.requests)
        ours = sum(taken[name] for name in self._programs) + taken["clients"]
        return run, Cost(cpu_us={name: taken[name] * 1e6 / orders for name in self._programs},
                         wal_bytes=taken["wal"] / orders,
                         batch_orders=taken["orders"] / max(1, taken["batches"]),
                         others_share=max(0, taken["busy"] - ours) / (taken["clock"] * os.cpu_count()))

    def _read(self):
        # The first line of proc(5)'s stat: user nice system idle iowait irq softirq steal.
        ticks = list(map(int, pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]))
        clients = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Servers tell what they inserted within a second of doing so: the share of that second is small.
        inserted = ("SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables "
                    "WHERE relname {}")
        return {**{name: program.cpu_seconds() for name, program in self._programs.items()},
                "clients": clients.ru_utime + clients.ru_stime,
                "wal": self._database.wal_bytes(),
                "orders": self._database.number(inserted.format("LIKE 'orders_p_'")),
                "batches": self._database.number(inserted.format("= 'batches'")),
                "busy": (sum(ticks) - ticks[3] - ticks[4]) / TICKS,
                "clock": time.monotonic()}


class Yardsticks:
    """pgbench on the same server, in a database of its own with the service's tables."""

    def __init__(self, setup, servers, migrated):
        self._setup = setup
        self._database = servers.database("yardstick")
        migrated(self._database)
        self._database.sql_file("yardstick_tables.sql")
        self.by_clients = {name: {} for name in YARDSTICKS}
        self.beside = {name: [] for name in YARDSTICKS}

    def find_best(self, seconds):
        for name, (script, orders, all_clients) in YARDSTICKS.items():
            for clients in all_clients:
                self._setup.say(f"pgbench, {script}, {clients} clients")
                self.by_clients[name][clients] = orders * self._database.pgbench(script, clients, seconds)
        self._clear_away()

    def best_clients(self, name):
        return max(self.by_clients[name], key=self.by_clients[name].get)

    def run_beside(self, seconds):
        for name, (script, orders, _) in YARDSTICKS.items():
            clients = self.best_clients(name)
            self._setup.say(f"pgbench, {script}, {clients} clients, beside the service's run")
            self.beside[name].append(orders * self._database.pgbench(script, clients, seconds))
        self._clear_away()

    def _clear_away(self):
        """What pgbench leaves to be done is done before anybody else is measured: dead rows, pages not on the disk yet."""
        self._database.sql("VACUUM ANALYZE")
        self._database.sql("CHECKPOINT")

    def mean(self, name):
        return statistics.mean(self.beside[name])


def check_rows(database, loads, end="done"):
    """Counting answers is not counting orders: the store must hold one for each, and all of them at their end."""
    created = sum(load.created for load in loads)
    cut_off_at_most = sum(load.cut_off_at_most for load in loads)
    deadline = time.monotonic() + 60
    while True:
        by_status = dict(line.split("|") for line in database.sql(
            "SELECT status, count(*) FROM orders GROUP BY status").splitlines())
        if set(by_status) == {end} or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    stored = sum(map(int, by_status.values()))
    if not created <= stored <= created + cut_off_at_most:
        raise Broken(f"{created} times success was answered, {cut_off_at_most} requests at most were cut off, "
                     f"but {stored} orders are stored")
    if set(by_status) != {end}:
        raise Broken(f"orders are not {end}: {by_status}")
    return stored


class Engine:
    """One program in two roles on a database of its own, and what it has shown so far."""

    def __init__(self, setup, report, servers, binary, database, title):
        self.setup = setup
        self.report = report
        self.servers = servers
        self.database = servers.database(database)
        self.loads = []
        self._binary = binary
        self._folder = setup.folder / database
        self.table = Table(
            title,
            ["connections", "orders", "p50", "p99", "CPU per order: api", "worker", "PostgreSQL", "Kafka", "WAL per order",
             "orders per batch", "taken by others"])

    def role(self, role, **environment):
        return Service(self._binary, self._folder / role, role,
                       {**self.servers.environment, "POSTGRES_DSN": self.database.dsn, **environment})

    def api(self, **environment):
        # Without Redis, unless a run is about it: an `api` then has no cache.
        return self.role("api", **{"REDIS_ADDR": "", **environment})

    def load_on(self, api):
        self.loads.append(OrderLoad(api))
        return self.loads[-1]

    def measured(self, what, programs, load, connections, rate_max=None):
        """One line of the table."""
        what_of = f"{self._binary.name}, POST, {what}"
        self.setup.say(what_of)
        seconds = self.setup.seconds
        load.run(connections, max(1, seconds / 10), rate_max)
        run, cost = Meter(programs, self.database).measure(lambda: load.run(connections, seconds, rate_max))
        if run.trouble():
            self.report.troubles.append(f"{what_of}: {run.trouble()}")
        self.table.rows.append([what, rate(run.rate), milliseconds(run.p50), milliseconds(run.p99),
                                *(f"{cost.cpu_us[name]:.0f} us" for name in ("api", "worker", "PostgreSQL", "Kafka")),
                                f"{cost.wal_bytes:,.0f} B", f"{cost.batch_orders:.0f}", f"{cost.others_share:.0%}"])
        return run

    def warm_up(self, load):
        self.setup.say(f"{self._binary.name}, warming up")
        load.run(64, min(self.setup.seconds, WARM_UP_SECONDS_MAX))

    def programs(self, api, worker):
        return {"api": api, "worker": worker, "PostgreSQL": self.servers.postgres, "Kafka": self.servers.kafka}


def creates(setup, report):
    """POST /orders until 201 says that the worker's ACK has come."""
    setup.say("building the Go service")
    go = go_service.build(setup.folder)
    with Servers(setup.folder / "servers") as servers:
        engine = Engine(setup, report, servers, setup.binary, "orderstream",
                        "Create to ACK: `POST /orders` through one `api` and one `worker`, answered when the worker is done")

        def migrated(database):
            """The service makes the tables when it starts."""
            with running(engine.api(POSTGRES_DSN=database.dsn)):
                pass

        yardsticks = Yardsticks(setup, servers, migrated)
        yardsticks.find_best(setup.seconds / 5)
        runs, memory = measure_creates(engine, yardsticks)
        go_runs, go_table = measure_go(go, engine, migrated)
        measure_variants(engine)
        stored = check_rows(engine.database, engine.loads)
        hot = engine.database.number("SELECT sum(n_tup_hot_upd)::float / sum(n_tup_upd) FROM pg_stat_user_tables "
                                     "WHERE relname LIKE 'orders_p_'")
        version = engine.database.sql("SHOW server_version").split()[0]
    engine.table.note = (
        f"PostgreSQL {version}, Kafka {kafka_version()}, one of each, `fsync` and `synchronous_commit` on; all of it, and "
        f"wrk, on the same cores. {stored:,} orders were stored and done, as many as were answered 201 (and those whose "
        f"answer wrk did not wait for); {hot:.0%} of the updates were HOT. Taken by others: the share of all cores' time that went to "
        f"processes outside this measurement. Load average after it: {os.getloadavg()[0]:.1f}.")
    report.tables += [engine.table, go_table, yardstick_table(yardsticks), memory]
    judge(report, runs, yardsticks, go_runs)


def measure_half(engine, runs, programs, load):
    """At half of the highest of its rates."""
    half = max(runs[connections].rate for connections in CONNECTIONS) / 2
    return engine.measured(f"{MOST}, kept to {rate(half)}", programs, load, MOST, half)


def measure_creates(engine, yardsticks):
    """The runs by name; and who occupies how much memory."""
    setup = engine.setup
    runs: dict[str | int, Run] = {}
    with running(engine.api()) as api, running(engine.role("worker")) as worker:
        load = engine.load_on(api)
        programs = engine.programs(api, worker)
        at_rest = {name: program.resident_bytes() for name, program in programs.items()}
        engine.warm_up(load)
        for connections in CONNECTIONS:
            if connections == MOST:
                yardsticks.run_beside(setup.seconds / 3)
            runs[connections] = engine.measured(f"{connections}", programs, load, connections)
        runs["half"] = measure_half(engine, runs, programs, load)
        yardsticks.run_beside(setup.seconds / 3)
        afterwards = {name: program.resident_bytes() for name, program in programs.items()}
    memory = Table("Memory of the engine (resident)", ["", "at rest", "after the runs"],
                   [[name, megabytes(at_rest[name]), megabytes(afterwards[name])] for name in at_rest],
                   note="PostgreSQL is all of its processes, pages that they share counted once "
                        f"(`shared_buffers` is {SETTINGS['shared_buffers']}); Kafka's JVM has a heap of {KAFKA_HEAP}.")
    return runs, memory


def measure_variants(engine):
    """What a setting of the service changes."""
    with running(engine.api()) as api, running(engine.role("worker", WORKER_MARK_PROCESSING="false")) as worker:
        load = engine.load_on(api)
        for connections in (64, MOST):
            engine.measured(f"{connections}, without `processing`", engine.programs(api, worker), load, connections)
    with running(engine.api(**{"REDIS_ADDR": engine.servers.environment["REDIS_ADDR"]})) as api, \
            running(engine.role("worker")) as worker:
        engine.measured(f"{MOST}, with Redis", engine.programs(api, worker), engine.load_on(api), MOST)


def measure_go(built, engine, migrated):
    """The runs by name, none if there is no program; and the table, which then says why."""
    title = "A service in Go, one order at a time"
    if not built.binary:
        return {}, Table(title, ["not measured"], [[built.why_not]])
    go = Engine(engine.setup, engine.report, engine.servers, built.binary, "go", title)
    migrated(go.database)
    # Nothing of the service runs meanwhile: even at rest it asks the broker for news.
    with running(go.api()) as api, running(go.role("worker")) as worker:
        load = go.load_on(api)
        go.warm_up(load)
        # The run that the aim is about is the nearest to the service's own.
        runs = {connections: go.measured(f"{connections}", go.programs(api, worker), load, connections)
                for connections in reversed(CONNECTIONS)}
        go.table.rows.reverse()
        runs["half"] = measure_half(go, runs, go.programs(api, worker), load)
        stored = check_rows(go.database, go.loads)
    go.table.note = (
        f"`bench/go_service`, built with Go {built.go}: net/http, pgx with prepared statements and 32 connections per role, "
        "franz-go, 64 orders at once in the worker, each step a transaction of its own. The same servers, tables, plans, "
        f"layout of topics and load as above; {stored:,} orders were stored and done.")
    return runs, go.table


def yardstick_table(yardsticks):
    what = {"one": "one order, three commits", "batch": "64 orders, three commits"}
    rows = [[what[name], ", ".join(f"{clients}: {rate(value)}" for clients, value in by_clients.items()),
             ", ".join(rate(value) for value in yardsticks.beside[name])]
            for name, by_clients in yardsticks.by_clients.items()]
    return Table("PostgreSQL alone, asked by pgbench", ["", "by clients", "the best right before and after the runs at "
                                                        f"{MOST} connections"], rows,
                 note="The service's tables and plans, prepared statements: insert and note in one statement, "
                      "`processing`, `done` and the note's end in one; nothing else, no Kafka, no HTTP, ids and documents "
                      "made by the server.")


def go_aims(runs, go_runs):
    """The aims that are ratios to the Go service; without it they are not judged."""
    most, lone, half = runs[MOST].rate, runs[1].p50, runs["half"].p99
    most_aim, lone_aim = f">= {GO_RATIO_AIM}x", f"<= {LONE_REQUEST_RATIO_AIM}x"
    if not go_runs:
        missing = "a Go service: not measured, see below"
        return (Aim("the same", rate(most), missing, "-", most_aim, None),
                Aim("the same", milliseconds(lone), missing, "-", lone_aim, None),
                Aim("the same", milliseconds(half), missing, "-", "-", None))
    go_most, go_lone, go_half = go_runs[MOST].rate, go_runs[1].p50, go_runs["half"]
    return (Aim("the same", rate(most), f"a Go service, one by one: {rate(go_most)}", f"{most / go_most:.1f}x", most_aim,
                most >= GO_RATIO_AIM * go_most),
            Aim("the same", milliseconds(lone), f"a Go service: {milliseconds(go_lone)}", f"{lone / go_lone:.2f}x",
                lone_aim, lone <= LONE_REQUEST_RATIO_AIM * go_lone),
            Aim("the same", milliseconds(half), f"a Go service, at half of its own ({rate(go_half.rate)}): "
                f"{milliseconds(go_half.p99)}", f"{half / go_half.p99:.2f}x", "-", None))


def judge(report, runs, yardsticks, go_runs):
    one, batch = yardsticks.mean("one"), yardsticks.mean("batch")
    most, lone, half = runs[MOST], runs[1], runs["half"]
    one_by_one = f"PostgreSQL, one by one: {rate(one)}"
    most_to_go, lone_to_go, half_to_go = go_aims(runs, go_runs)
    report.aims += [
        Aim(f"create to ACK at {MOST} connections", rate(most.rate), one_by_one, f"{most.rate / one:.1f}x",
            f">= {YARDSTICK_RATIO_AIM}x", most.rate >= YARDSTICK_RATIO_AIM * one),
        Aim("the same", rate(most.rate), f"PostgreSQL, batches of 64: {rate(batch)}", f"{most.rate / batch:.2f}x", "-",
            None),
        most_to_go,
        Aim("create to ACK at 64 connections", rate(runs[64].rate), one_by_one, f"{runs[64].rate / one:.1f}x",
            f">= {RATE_64_RATIO_AIM}x", runs[64].rate >= RATE_64_RATIO_AIM * one),
        Aim("the same", rate(runs[64].rate), "-", rate(runs[64].rate), f">= {rate(RATE_64_AIM)}",
            runs[64].rate >= RATE_64_AIM),
        Aim("a lone create to ACK, p50", milliseconds(lone.p50), "-", milliseconds(lone.p50), "< 2 ms",
            lone.p50 < LONE_REQUEST_AIM_US),
        lone_to_go,
        Aim(f"p99 at half the highest rate ({rate(half.rate)})", milliseconds(half.p99), "-", milliseconds(half.p99),
            "< 25 ms", half.p99 < HALF_RATE_P99_AIM_US),
        half_to_go,
    ]


SECTIONS = {"engine": creates}
