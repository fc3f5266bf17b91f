"""The order service in Go (go_service/), which the engine is held against: built here, then run as OrderStream itself is,
for its roles, its environment and the line that says `ready` are the same."""

import pathlib
import re
import shutil
import subprocess
from dataclasses import dataclass

SOURCE = pathlib.Path(__file__).resolve().parent / "go_service"
GO_MIN = (1, 19)  # Debian 12's, and go.mod's


@dataclass
class Built:
    binary: pathlib.Path | None
    go: str = ""       # the version that built it
    why_not: str = ""  # a sentence, when there is no binary


def build(folder):
    go = shutil.which("go")
    if not go:
        return Built(None, why_not="No Go is installed (scripts/install-deps bench).")
    version = run(go, "env", "GOVERSION").stdout.strip()
    numbers = re.match(r"go(\d+)\.(\d+)", version)
    if not numbers or tuple(map(int, numbers.groups())) < GO_MIN:
        return Built(None, why_not=f"{version or 'A broken Go'} is installed; it must be {GO_MIN[0]}.{GO_MIN[1]} or newer.")
    binary = folder / "go_service"
    # Without asking git for the commit: a checkout's owner may be one whose repository git does not look into.
    built = run(go, "build", "-buildvcs=false", "-o", str(binary), ".")
    if built.returncode != 0:
        return Built(None, why_not=f"`go build` failed: {' '.join(built.stdout.split())[-300:]}")
    return Built(binary, version.removeprefix("go"))


def run(*command):
    return subprocess.run(command, cwd=SOURCE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
