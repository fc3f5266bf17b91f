"""The servers of the engine for many machines, started for the measurement with scripts/services, and pgbench beside them."""

import glob
import os
import pathlib
import re
import shutil
import subprocess

from processes import Broken, cpu_seconds, resident_bytes
from write_back import WriteBack

HERE = pathlib.Path(__file__).resolve().parent
SERVICES = HERE.parent / "scripts" / "services"

# What a service that must not lose an order runs with.
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")

# One that takes thousands of orders a second is given room for its log: pages are logged whole after each checkpoint, and
# the default asks for one every 20 seconds. And it has been in service for a while, so there are old segments of the log
# to write over: filling a new one with zeros keeps everybody waiting for 15 ms. Pages that its sessions push out of its
# memory go to the disk soon: what gathers in the kernel's goes there all at once, and every commit waits behind it.
# (No setting does so for the pages that a table grows by: WriteBack.) And its memory holds the indexes of the orders that
# the measurement makes.
SETTINGS = {"max_wal_size": "4GB", "min_wal_size": "4GB", "checkpoint_timeout": "15min", "backend_flush_after": "256kB",
            "shared_buffers": "2GB"}
SEGMENTS = 250
FILL_SEGMENTS = f"""
DO $$ BEGIN
    FOR i IN 1..{SEGMENTS} LOOP
        PERFORM pg_logical_emit_message(true, 'bench', 'a segment');
        PERFORM pg_switch_wal();
    END LOOP;
END $$
"""

# What Kafka's own scripts give it. In 256 MB its collector stops it every two seconds, for 10 to 45 ms where both cores are
# busy.
KAFKA_HEAP = "1g"

# As the service's own connections plan: what it does not leave to luck is not left to luck here.
PLANNED = " ".join(f"-c {name}={value}" for name, value in {
    "enable_seqscan": "off", "enable_bitmapscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
    "enable_memoize": "off", "enable_material": "off", "jit": "off", "plan_cache_mode": "force_generic_plan"}.items())


class Server:
    """One of them, looked at through /proc."""

    def __init__(self, folder, name):
        self.pid = int((folder / name / "process").read_text().split()[0])

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def resident_bytes(self):
        return resident_bytes(self.pid)


class Servers:
    """PostgreSQL, Kafka and Redis with their data in one folder; a context."""

    def __init__(self, folder):
        self._folder = folder
        self._write_back = WriteBack(folder / "postgres" / "data" / "base")
        self.environment = {}

    def __enter__(self):
        self._services("up")
        try:
            self.environment = dict(line.split("=", 1) for line in (self._folder / "env").read_text().splitlines())
            self._season()
            self.postgres, self.kafka = (Server(self._folder, name) for name in ("postgres", "kafka"))
            self._write_back.start()
        except BaseException:  # who is not inside is not shown out
            self._services("down")
            raise
        return self

    def _season(self):
        server = Database(self.environment["POSTGRES_DSN"])
        for name, value in SETTINGS.items():
            server.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self._services("stop", "postgres")
        self._services("start", "postgres")
        server.sql(FILL_SEGMENTS)
        server.sql("CHECKPOINT")

    def __exit__(self, *_):
        self._write_back.end()
        self._services("down")

    def _services(self, command, *names):
        run = subprocess.run([SERVICES, command, self._folder, *names], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False,
                             env={**os.environ, "KAFKA_HEAP_OPTS": f"-Xms{KAFKA_HEAP} -Xmx{KAFKA_HEAP}"})
        if run.returncode != 0:
            raise Broken(f"scripts/services {command}: {run.stdout[-2000:]}")

    def database(self, name):
        database = Database(self.environment["POSTGRES_DSN"].rpartition("/")[0] + "/" + name)
        if name != "orderstream":
            Database(self.environment["POSTGRES_DSN"]).sql(f"CREATE DATABASE {name}")
        for setting in DURABLE:
            if database.sql(f"SHOW {setting}") != "on":
                raise Broken(f"PostgreSQL runs with {setting} off")
        return database


class Database:
    def __init__(self, dsn):
        self.dsn = dsn

    def sql(self, statement):
        return self._psql(f"--command={statement}")

    def sql_file(self, name, **variables):
        return self._psql(f"--file={HERE / name}", *(f"--set={name}={value}" for name, value in variables.items()))

    def _psql(self, *what):
        run = subprocess.run([program("psql"), "--no-psqlrc", "--quiet", "--no-align", "--tuples-only",
                              "--set=ON_ERROR_STOP=1", *what, self.dsn],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise Broken(f"psql: {run.stderr.strip()}")
        return run.stdout.strip()

    def number(self, statement):
        return float(self.sql(statement))

    def wal_bytes(self):
        """Written since the server was made."""
        return int(self.sql("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"))

    def pgbench(self, script, clients, seconds):
        """Transactions, which are runs of the script, per second."""
        run = subprocess.run([program("pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={HERE / script}",
                              f"--client={clients}", "--jobs=1", f"--time={max(1, round(seconds))}", self.dsn],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                             env={**os.environ, "PGOPTIONS": PLANNED})
        found = re.search(r"^tps = ([\d.]+) \(without", run.stdout, re.MULTILINE)
        if run.returncode != 0 or not found:
            raise Broken(f"pgbench: {(run.stdout + run.stderr)[-2000:]}")
        return float(found[1])


def kafka_version():
    return re.search(r"^kafka_version=(\S+)", SERVICES.read_text(), re.MULTILINE)[1]


def program(name):
    """Debian keeps what belongs to one version of the server beside it."""
    beside = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    found = beside[-1] if beside else shutil.which(name)
    if not found:
        raise Broken(f"{name} is not installed (scripts/install-deps services)")
    return found
