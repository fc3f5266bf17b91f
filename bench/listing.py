"""What a page of `GET /api/v1/orders` takes when there are a million orders, in SQLite and in PostgreSQL."""

import contextlib
import http.client
import json
import sqlite3
import statistics
import time
import urllib.parse
import uuid

from processes import Broken, Service, running
from report import Table, milliseconds
from servers import Servers

TURNS = 15
LIMIT = 100
DEEP_PAGE = 1000

# As listing_orders.sql makes them in PostgreSQL, and fill_sqlite() in SQLite.
FAILED = 3
CUSTOMER = "00000042-0000-4000-8000-000000000000"
EMAIL = "customer42@example.com"

QUESTIONS = {
    "first page": {},
    "by page 1000's offset": {"offset": str((DEEP_PAGE - 1) * LIMIT)},
    "`status=failed`, three of them": {"status": "failed"},
    "`status=done`, nearly all": {"status": "done"},
    "one customer's": {"customer_id": CUSTOMER},
    "one e-mail address's": {"email": EMAIL},
    "`kind=checkout`": {"kind": "checkout"},
    "a day": {"date_from": None, "date_to": None},
    "`sort_by=total_amount`": {"sort_by": "total_amount"},
    "`sort_by=updated_at`": {"sort_by": "updated_at"},
    "`min_amount` that none reaches": {"min_amount": "5000"},
}


class Client:
    """One connection, kept."""

    def __init__(self, service):
        self._connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)

    def ask(self, path):
        """The answer, and the microseconds until its last byte."""
        before = time.perf_counter()
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - before) * 1e6
        if answer.status != 200:
            raise Broken(f"GET {path} answered {answer.status}: {body[:300]!r}")
        return json.loads(body), took

    def page(self, **parameters):
        return self.ask("/api/v1/orders?" + urllib.parse.urlencode({"limit": LIMIT, **parameters}))


def walk_to(client, page):
    """The cursor that leads to that page, counted from 1."""
    cursor = {}
    for _ in range(page - 1):
        found, _ = client.page(**cursor)
        cursor = {"cursor": found["pagination"]["next_cursor"]}
    return cursor


def measure(client, orders):
    """Question: median and most, in microseconds."""
    newest = client.page()[0]["orders"][0]["created_at"]
    day = {"date_from": newest[:10] + "T00:00:00Z", "date_to": newest}
    questions = {name: day if "date_from" in parameters else parameters for name, parameters in QUESTIONS.items()}
    deep = walk_to(client, DEEP_PAGE)
    if client.page(**deep)[0]["orders"] != client.page(**questions["by page 1000's offset"])[0]["orders"]:
        raise Broken("cursor and offset lead to different pages")
    if client.page(status="failed")[0]["pagination"]["total"] != FAILED:
        raise Broken("not all of the failed orders are listed")
    questions = {"first page": questions.pop("first page"), "page 1000 by cursor": deep, **questions}
    taken = {name: [client.page(**parameters)[1] for _ in range(TURNS)] for name, parameters in questions.items()}
    counted, _ = client.ask("/api/v1/statistics")
    if sum(line["count"] for line in counted["statistics"]) != orders:
        raise Broken("the statistics do not count all orders")
    taken["`GET /api/v1/statistics`"] = [client.ask("/api/v1/statistics")[1] for _ in range(TURNS)]
    return {name: (statistics.median(times), max(times)) for name, times in taken.items()}


def fill_sqlite(file, orders):
    """For the embedded store, through its file, while no service holds it: generic orders and checkouts without items."""
    def rows():
        begin = int(time.time() * 1e6) - orders * 1_000_000
        for number in range(1, orders + 1):
            at = begin + number * 1_000_000
            key = at // 1000 << 80 | 0x7 << 76 | 0x8 << 60 | number
            checkout = number % 5 == 0
            failed = number < orders and number % (orders // (FAILED + 1)) == 0
            customer = number * 7919 // 5 % 10_000  # any order of them
            yield (number, uuid.UUID(int=key).bytes, "checkout" if checkout else "generic", f"{customer:08d}-0000-4000-8000-000000000000",
                   None if checkout else f"order-{number}", f"customer{customer}@Example.com" if checkout else None,
                   "failed" if failed else "confirmed" if checkout else "done", number % 100_000 + 1, at)

    document = json.dumps({"currency": "USD", "note": "please ring twice and leave it at the door",
                           "items": [{"sku": "AB-101", "price": 19.99, "quantity": 2}]}, separators=(",", ":"))
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executemany(
            "INSERT INTO orders (seq, order_id, kind, customer_id, external_id, email, status, total_amount, created_at, "
            "updated_at, currency, version, processed_version, announced_version) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, 'USD', 1, 1, 1)", rows())
        connection.execute("INSERT INTO order_payloads (seq, payload) SELECT seq, ? FROM orders", [document])
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def embedded(setup):
    data = setup.folder / "listing"
    with running(Service(setup.binary, data)):
        pass
    setup.say(f"{setup.orders:,} orders for SQLite")
    fill_sqlite(data / "orderstream.db", setup.orders)
    with running(Service(setup.binary, data)) as service:
        setup.say("pages from SQLite")
        results = measure(Client(service), setup.orders)
    setup.forget(data)
    return results


def postgres(setup):
    with Servers(setup.folder / "servers-listing") as servers:
        environment = {**servers.environment, "REDIS_ADDR": "", "KAFKA_BROKERS": ""}
        with running(Service(setup.binary, setup.folder / "listing-api", "serve", environment)) as service:
            database = servers.database("orderstream")
            setup.say(f"{setup.orders:,} orders for PostgreSQL")
            database.sql_file("listing_orders.sql", orders=setup.orders)
            setup.say("pages from PostgreSQL")
            return measure(Client(service), setup.orders)


def listing(setup, report):
    by_store = {"SQLite": embedded(setup), "PostgreSQL": postgres(setup)}
    table = Table(f"A page of {LIMIT} of {setup.orders:,} orders: `GET /api/v1/orders`",
                  ["", *(cell for store in by_store for cell in (store, "the slowest"))],
                  note=f"Through HTTP, one question after the other; medians of {TURNS} turns. `total` is counted up to 10,000 "
                       "with every page.")
    for name in by_store["SQLite"]:
        table.rows.append([name, *(milliseconds(value) for store in by_store.values() for value in store[name])])
    report.tables.append(table)


SECTIONS = {"listing": listing}
