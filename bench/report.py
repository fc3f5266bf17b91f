"""What the measurements say, as Markdown."""

import datetime
import os
import pathlib
import platform
import re
import subprocess
from dataclasses import dataclass, field

BEGIN = "<!-- measured: written by `bench/run --write` -->"
END = "<!-- end of measured -->"


@dataclass
class Aim:
    """A line of the first table: what was hoped for, and what is."""

    what: str
    measured: str
    yardstick: str
    result: str
    aim: str
    met: bool | None  # None: nothing was aimed at


@dataclass
class Table:
    title: str
    header: list
    rows: list = field(default_factory=list)
    note: str = ""


@dataclass
class Report:
    aims: list = field(default_factory=list)
    tables: list = field(default_factory=list)
    troubles: list = field(default_factory=list)

    def markdown(self, facts):
        parts = [facts, ""]
        if self.aims:
            parts += markdown_table(["", "measured", "yardstick, same run", "result", "aim", ""],
                                    [[aim.what, aim.measured, aim.yardstick, f"**{aim.result}**", aim.aim,
                                      {True: "met", False: "missed", None: ""}[aim.met]] for aim in self.aims])
        for table in self.tables:
            parts += ["", f"### {table.title}", ""] + markdown_table(table.header, table.rows)
            if table.note:
                parts += ["", table.note]
        if self.troubles:
            parts += ["", "**Not to be believed:**", ""] + [f"- {trouble}" for trouble in self.troubles]
        return "\n".join(parts) + "\n"


def markdown_table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def rate(per_second):
    return f"{per_second:,.0f}/s"


def milliseconds(microseconds):
    return f"{microseconds / 1000:.2f} ms" if microseconds < 10_000 else f"{microseconds / 1000:.0f} ms"


def megabytes(size):
    return f"{size / 1e6:,.0f} MB" if size >= 1e7 else f"{size / 1e6:.1f} MB"


def machine_facts(binary, load_before, seconds):
    """What a figure depends on, and nothing that names the machine."""

    def said(*arguments):
        run = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, check=False)
        return run.stdout.strip()

    model = re.search(r"^model name\s*:\s*(.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    wrk = re.search(r"[\d.]+", said("wrk", "--version"))
    nginx = re.search(r"nginx/([\d.]+)", said("nginx", "-v"))
    release = platform.release().split("-")[0]
    return (f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}, {said(str(binary), '--version')}. "
            f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), {memory:.0f} GB, Linux {release}; "
            f"wrk {wrk[0] if wrk else '?'} with one thread, nginx {nginx[1] if nginx else '?'} with one worker, all on "
            f"the same cores. Runs of {seconds:g} s; load average before the first: {load_before:.1f}.")


def write_into(document, markdown):
    """Replaces what stands between the markers."""
    before, begin, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{document} has no markers to write between")
    document.write_text(f"{before}{BEGIN}\n\n{markdown}\n{END}{after}")
