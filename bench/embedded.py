"""OrderStream embedded: HTTP in, SQLite, the in-process bus, the worker, the answer; one process, nothing else."""

import contextlib
import sqlite3
import statistics
import time

from load import OrderLoad, sqlite_yardstick, wrk
from processes import Broken, Nginx, Service, running
from report import Aim, Table, megabytes, milliseconds, rate

YARDSTICK_BATCHES = (1, 16, 64, 256, 1024)
YARDSTICK_BATCH = 256
POST_CONNECTIONS = (1, 64, 256)
GET_CONNECTIONS = (64, 256)
GET_ROUNDS = 3
STARTS = 20

RATIO_AIM = 0.7
LONE_REQUEST_AIM_US = 1000
START_AIM_SECONDS = 0.1
REST_AIM_BYTES = 30_000_000


def check_rows(service, load, end="done"):
    """Counting answers is not counting orders: the store must hold one for each, and all of them at their end."""
    database = f"file:{service.data / 'orderstream.db'}?mode=ro"
    deadline = time.monotonic() + 30
    while True:
        with contextlib.closing(sqlite3.connect(database, uri=True)) as connection:
            by_status = dict(connection.execute("SELECT status, count(*) FROM orders GROUP BY status"))
        stored = sum(by_status.values())
        if set(by_status) == {end} or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    if not load.created <= stored <= load.created + load.cut_off_at_most:
        raise Broken(f"{load.created} times success was answered, {load.cut_off_at_most} requests at most were cut off, "
                     f"but {stored} orders are stored")
    if set(by_status) != {end}:
        raise Broken(f"orders are not {end}: {by_status}")
    return stored


def measured_post(service, load, connections, seconds):
    """The run, and the server's CPU time per order in microseconds."""
    load.run(connections, max(1, seconds / 10))
    cpu_before = service.cpu_seconds()
    run = load.run(connections, seconds)
    return run, (service.cpu_seconds() - cpu_before) * 1e6 / max(1, run.requests)


def creates(setup, report):
    """POST /orders until 201 says that the order is done, beside SQLite doing nothing but the same three steps."""
    def yardstick(seconds, *batches):
        return sqlite_yardstick(setup.yardstick, setup.folder, seconds, batches)

    setup.say("SQLite alone, batches of " + ", ".join(map(str, YARDSTICK_BATCHES)))
    by_batch = yardstick(max(1, setup.seconds / 6), *YARDSTICK_BATCHES)

    table = Table("Create to done: `POST /orders`, answered when the worker is done",
                  ["connections", "orders", "p50", "p99", "server CPU per order", "orders stored and done"],
                  note="Every order differs, each body has 250 bytes. Stored and done: what the database held afterwards; "
                       "orders whose answer wrk did not wait for at the end of its run are among them.")
    beside = []
    for connections in POST_CONNECTIONS:
        with running(Service(setup.binary, setup.folder / f"post-{connections}")) as service:
            load = OrderLoad(service)
            if connections == max(POST_CONNECTIONS):
                setup.say(f"SQLite alone, batches of {YARDSTICK_BATCH}")
                beside.append(yardstick(setup.seconds / 2, YARDSTICK_BATCH)[YARDSTICK_BATCH])
            setup.say(f"POST, {connections} connections")
            run, cpu = measured_post(service, load, connections, setup.seconds)
            if connections == max(POST_CONNECTIONS):
                setup.say(f"SQLite alone, batches of {YARDSTICK_BATCH}, once more")
                beside.append(yardstick(setup.seconds / 2, YARDSTICK_BATCH)[YARDSTICK_BATCH])
            if run.trouble():
                report.troubles.append(f"POST at {connections} connections: {run.trouble()}")
            stored = check_rows(service, load)
        setup.forget(service.data)
        table.rows.append([connections, rate(run.rate), milliseconds(run.p50), milliseconds(run.p99), f"{cpu:.0f} us",
                           f"{stored:,}"])
        if connections == 1:
            three_commits = 1e6 / by_batch[1]
            report.aims.append(Aim("a lone create, p50", milliseconds(run.p50),
                                   f"SQLite's three commits: {milliseconds(three_commits)}", milliseconds(run.p50),
                                   "< 1 ms", run.p50 < LONE_REQUEST_AIM_US))
    best = statistics.mean(beside)
    ratio = run.rate / best
    report.aims.append(Aim(f"creates at {connections} connections", rate(run.rate),
                           f"SQLite, batches of {YARDSTICK_BATCH}: {rate(best)}", f"{ratio:.2f}", f">= {RATIO_AIM}",
                           ratio >= RATIO_AIM))
    report.tables.append(table)
    report.tables.append(Table(
        "SQLite alone", ["batch", "orders"], [[batch, rate(value)] for batch, value in by_batch.items()],
        note="One thread, WAL, `synchronous=FULL`: insert + note, `processing`, `done`, each one commit per batch; blob "
             f"ids, `WITHOUT ROWID`, one secondary index. Batches of {YARDSTICK_BATCH} right before and after the run at "
             f"{max(POST_CONNECTIONS)} connections: {', '.join(rate(value) for value in beside)}."))


def reads(setup, report):
    """GET of one cached order beside nginx giving the very same answer, turn by turn."""
    table = Table("GET of a cached order", ["connections", "OrderStream", "p99", "CPU per request", "nginx", "p99",
                                            "CPU per request", "ratio"],
                  note=f"nginx answers the same bytes by `return 200`. Medians of {GET_ROUNDS} turns each.")
    with running(Service(setup.binary, setup.folder / "reads")) as service:
        order = ('{"user_id":"00000001-0000-4000-8000-000000000000","payload":{"id":"order-1","items":'
                 '[{"sku":"AB-101","price":19.99,"quantity":2},{"sku":"CD-2002","price":5,"quantity":1}]}}')
        status, headers, _ = service.request("POST", "/orders", order)
        if status != 201:
            raise Broken(f"POST /orders answered {status}")
        path = dict(headers)["Location"]
        status, headers, body = service.request("GET", path)
        if status != 200:
            raise Broken(f"GET {path} answered {status}")
        with running(Nginx(setup.folder / "nginx", headers, body)) as nginx:
            for connections in GET_CONNECTIONS:
                ours, theirs = [], []
                for turn in range(GET_ROUNDS):
                    setup.say(f"GET, {connections} connections, turn {turn + 1} of {GET_ROUNDS}")
                    for process, results in ((nginx, theirs), (service, ours)):
                        wrk(process.url + path, connections, 1)
                        cpu_before = process.cpu_seconds()
                        run = wrk(process.url + path, connections, setup.seconds / GET_ROUNDS)
                        cpu = (process.cpu_seconds() - cpu_before) * 1e6 / max(1, run.requests)
                        results.append((run.rate, run.p99, cpu))
                        if run.trouble():
                            report.troubles.append(f"GET at {connections} connections: {run.trouble()}")
                (our_rate, our_p99, our_cpu), (their_rate, their_p99, their_cpu) = (
                    [statistics.median(column) for column in zip(*results)] for results in (ours, theirs))
                ratio = statistics.median(mine[0] / other[0] for mine, other in zip(ours, theirs))
                table.rows.append([connections, rate(our_rate), milliseconds(our_p99), f"{our_cpu:.1f} us",
                                   rate(their_rate), milliseconds(their_p99), f"{their_cpu:.1f} us", f"{ratio:.2f}"])
                report.aims.append(Aim(f"cached reads at {connections} connections", rate(our_rate),
                                       f"nginx: {rate(their_rate)}", f"{ratio:.2f}", f">= {RATIO_AIM}",
                                       ratio >= RATIO_AIM))
    setup.forget(service.data)
    report.tables.append(table)


def start_seconds(setup, data, fresh):
    """From the program's start to the first 200 of /health/ready, the median of many."""
    seconds = []
    for number in range(STARTS):
        with running(Service(setup.binary, setup.folder / f"start-{number}" if fresh else data)) as service:
            seconds.append(service.seconds_to_ready)
        if fresh:
            setup.forget(service.data)
    return statistics.median(seconds)


def memory_and_start(setup, report):
    """What the process occupies at rest, and with a million orders behind it; how soon it is there, without and with them."""
    setup.say(f"{STARTS} starts with an empty data directory")
    empty_start = start_seconds(setup, None, fresh=True)

    data = setup.folder / "many"
    connections = max(POST_CONNECTIONS)
    with running(Service(setup.binary, data)) as service:
        time.sleep(1)
        at_rest = service.resident_bytes()
        load = OrderLoad(service)
        before = time.monotonic()
        setup.say(f"{setup.orders:,} orders")
        measured_rate = load.run(connections, 2).rate
        while load.created < setup.orders and time.monotonic() - before < setup.flood_seconds_max:
            left = (setup.orders - load.created) / measured_rate
            run = load.run(connections, min(max(1, left), 10))
            measured_rate = max(1, run.rate)
            if run.trouble():
                report.troubles.append(f"the flood: {run.trouble()}")
        took = time.monotonic() - before
        peak = service.peak_resident_bytes()
        stored = check_rows(service, load)
        time.sleep(3)
        afterwards = service.resident_bytes()
    on_disk = sum(file.stat().st_size for file in data.iterdir())
    setup.say(f"{STARTS} starts with {stored:,} orders")
    full_start = start_seconds(setup, data, fresh=False)
    with running(Service(setup.binary, data)) as service:
        time.sleep(1)
        started_full = service.resident_bytes()
    setup.forget(data)

    report.aims.append(Aim("start to ready", f"{empty_start * 1000:.0f} ms empty, {full_start * 1000:.0f} ms with "
                           f"{stored:,} orders", "-", f"{max(empty_start, full_start) * 1000:.0f} ms", "< 100 ms",
                           max(empty_start, full_start) < START_AIM_SECONDS))
    report.aims.append(Aim("memory at rest", megabytes(at_rest), "-", megabytes(at_rest), "< 30 MB",
                           at_rest < REST_AIM_BYTES))
    report.tables.append(Table(
        "Memory (resident)", ["", ""],
        [["at rest, just started", megabytes(at_rest)],
         [f"the most while {stored:,} orders came in at {connections} connections ({took:.0f} s)", megabytes(peak)],
         ["three seconds after them", megabytes(afterwards)],
         [f"at rest, started with {stored:,} orders", megabytes(started_full)],
         [f"the data directory with {stored:,} orders", megabytes(on_disk)]],
        note="The cache (10,000 orders at most) and SQLite's page caches are full by then; nothing else grows with the "
             "number of orders."))


SECTIONS = {"creates": creates, "reads": reads, "memory": memory_and_start}
