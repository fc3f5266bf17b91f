"""Checkout orders of three items beside generic ones, on the same machine in the same run: how many are stored per second,
and how many go all the way."""

import contextlib
import sqlite3

import embedded
import engine
from load import OrderLoad
from processes import Broken, Service, running
from report import Table, milliseconds, rate
from servers import Servers

FORMS = ("generic, stored", "checkout, stored", "generic, done", "checkout, confirmed")
EMBEDDED_CONNECTIONS = (64, 256)
ENGINE_CONNECTIONS = (64, 256)
ITEMS = 3


def end_of(form):
    return "confirmed" if form.startswith("checkout") else "done"


# At one moment: requests that the load generator has cut off may still be on their way into the store.
COUNTS = "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM order_items)"


def check_items(orders, items):
    """A checkout is stored when its items are."""
    if items != orders * ITEMS:
        raise Broken(f"{orders} checkouts have {items} items and not {ITEMS} each")


def checkouts(setup, report):
    table = Table("Checkout orders with three items beside generic ones",
                  ["", "connections", "orders", "p50", "p99", "CPU per order, all of the service's processes"],
                  note="Stored: answered when the order is durable (`POST /api/v1/orders`; of generic orders with `Prefer: "
                       "respond-async`), while the worker works on what was stored before. Done, confirmed: answered when the "
                       "worker is done. A checkout is 675 bytes with its items and two addresses, a generic order 250.")
    for form in FORMS:
        for connections in EMBEDDED_CONNECTIONS:
            measure_embedded(setup, report, table, form, connections)
    with Servers(setup.folder / "servers-checkouts") as servers:
        for form in FORMS:
            for connections in ENGINE_CONNECTIONS:
                measure_engine(setup, report, table, servers, form, connections)
    report.tables.append(table)


def add_row(report, table, what, connections, run, cpu_seconds):
    if run.trouble():
        report.troubles.append(f"{what} at {connections} connections: {run.trouble()}")
    table.rows.append([what, connections, rate(run.rate), milliseconds(run.p50), milliseconds(run.p99),
                       f"{cpu_seconds * 1e6 / max(1, run.requests):.0f} us"])


def measure_embedded(setup, report, table, form, connections):
    setup.say(f"{form}, embedded, {connections} connections")
    with running(Service(setup.binary, setup.folder / "checkouts")) as service:
        load = OrderLoad(service, form)
        load.run(connections, max(1, setup.seconds / 10))
        before = service.cpu_seconds()
        run = load.run(connections, setup.seconds)
        cpu = service.cpu_seconds() - before
        embedded.check_rows(service, load, end_of(form))
        if form.startswith("checkout"):
            database = f"file:{service.data / 'orderstream.db'}?mode=ro"
            with contextlib.closing(sqlite3.connect(database, uri=True)) as connection:
                check_items(*connection.execute(COUNTS).fetchone())
    setup.forget(service.data)
    add_row(report, table, f"embedded: {form}", connections, run, cpu)


def measure_engine(setup, report, table, servers, form, connections):
    setup.say(f"{form}, PostgreSQL and Kafka, {connections} connections")
    name = "".join(c for c in form if c.isalpha()) + str(connections)
    database = servers.database(name)
    environment = {**servers.environment, "POSTGRES_DSN": database.dsn, "REDIS_ADDR": "",
                   "ORDERS_EVENTS_TOPIC": f"{name}.events", "ORDERS_ACK_TOPIC": f"{name}.ack", "WORKER_GROUP": name}
    with running(Service(setup.binary, setup.folder / f"{name}-api", "api", environment)) as api, \
            running(Service(setup.binary, setup.folder / f"{name}-worker", "worker", environment)) as worker:
        processes = (api, worker, servers.postgres, servers.kafka)
        load = OrderLoad(api, form)
        load.run(connections, max(2, setup.seconds / 5))
        before = sum(process.cpu_seconds() for process in processes)
        run = load.run(connections, setup.seconds)
        cpu = sum(process.cpu_seconds() for process in processes) - before
        engine.check_rows(database, [load], end_of(form))
        if form.startswith("checkout"):
            check_items(*map(int, database.sql(COUNTS).split("|")))
    add_row(report, table, f"PostgreSQL and Kafka: {form}", connections, run, cpu)


SECTIONS = {"checkouts": checkouts}
