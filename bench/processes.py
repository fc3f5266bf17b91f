"""The programs that are measured: started on loopback, looked at through /proc, always stopped."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Broken(Exception):
    """A program under measurement did not do what it must: there is nothing to measure."""


def of_process(pid, file):
    """What the kernel says of it; nothing, when it has just gone: a server's helpers come and go."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return pathlib.Path(f"/proc/{pid}/{file}").read_text()
    return ""


def family(pid):
    """The process and those below it."""
    children = of_process(pid, f"task/{pid}/children").split()
    return [pid, *(member for child in children for member in family(int(child)))]


def cpu_seconds(pid):
    """User and system time of the whole family, of those who are gone as well."""
    total = 0
    for member in family(pid):
        # After the name, which may hold anything: fields 3 and on of proc(5), 14 to 17 being the times.
        fields = of_process(member, "stat").rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def resident_bytes(pid):
    """A page that several of the family share is counted once."""
    members = family(pid)
    if len(members) == 1:
        return int(of_process(pid, "statm").split()[1]) * PAGE
    shares = (re.search(r"^Pss:\s+(\d+)", of_process(member, "smaps_rollup"), re.MULTILINE) for member in members)
    return sum(int(share[1]) for share in shares if share) * 1024


class Process:
    """One running program; its CPU time and memory as the kernel counts them, its workers included."""

    def __init__(self, arguments, log, environment=None):
        self._log = log
        self.started_at = time.perf_counter()
        with open(log, "wb") as output:
            self._popen = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                           env=environment)
        self.pid = self._popen.pid

    def check_running(self):
        if self._popen.poll() is not None:
            raise Broken(f"{self._popen.args[0]} ended with {self._popen.returncode}:\n{self._log.read_text()[-2000:]}")

    def stop(self):
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGTERM)
            try:
                self._wait_after_asking_twice()
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
                raise Broken(f"{self._popen.args[0]} did not stop within a minute") from None
        if self._popen.returncode != 0:
            raise Broken(f"{self._popen.args[0]} ended with {self._popen.returncode}:\n{self._log.read_text()[-2000:]}")

    def _wait_after_asking_twice(self):
        """The second time tells the service not to wait for balancers that do not exist here."""
        try:
            self._popen.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            self._popen.send_signal(signal.SIGTERM)
            self._popen.wait(timeout=60)

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def resident_bytes(self):
        return resident_bytes(self.pid)

    def peak_resident_bytes(self):
        """The most there has been since the start."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise Broken("the kernel shows no VmHWM")


class Service(Process):
    """`orderstream serve` with nothing but its data directory, or another role of it: what the environment does not say
    is the default."""

    def __init__(self, binary, data, role="serve", environment=None):
        data.mkdir(parents=True, exist_ok=True)
        log = data.parent / f"{data.name}.log"
        everywhere = {"PATH": os.environ["PATH"], "DATA_DIR": str(data), "HTTP_PORT": "0", "WORKER_HTTP_PORT": "0",
                      "LOG_FORMAT": "json"}
        super().__init__([str(binary), role], log, {**everywhere, **(environment or {})})
        self.data = data
        self.port = None
        self.seconds_to_ready = None

    def wait_until_ready(self):
        self.port = self._wait_for_port()
        self.seconds_to_ready = self._first_ready_answer() - self.started_at

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _wait_for_port(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            self.check_running()
            for line in self._log.read_bytes().splitlines(keepends=True):
                if line.endswith(b"\n") and b'"ready"' in line:
                    record = json.loads(line)
                    if record.get("message") == "ready":
                        return record["port"]
            time.sleep(0.0005)
        raise Broken(f"no line says ready in {self._log}")

    def _first_ready_answer(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                status, _, _ = self.request("GET", "/health/ready")
                if status == 200:
                    return time.perf_counter()
            self.check_running()
            time.sleep(0.0005)
        raise Broken("not ready within 30 s")

    def request(self, method, path, body=None):
        """The status, the header lines but those of the connection, and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


class Nginx(Process):
    """One worker that answers every request with the same answer, as cheaply as nginx can."""

    CONFIGURATION = """
        daemon off;
        worker_processes 1;
        pid {folder}/pid;
        error_log {folder}/error.log warn;
        events {{ worker_connections 4096; multi_accept on; }}
        http {{
            access_log off;
            server_tokens off;
            keepalive_requests 1000000000;
            client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
            default_type {content_type};
            server {{
                listen 127.0.0.1:{port} backlog=4096;
                location / {{
                    {headers}
                    return 200 {body};
                }}
            }}
        }}
    """

    def __init__(self, folder, headers, body):
        folder.mkdir()
        self.port = free_port()
        own = {"date", "server", "connection", "keep-alive", "content-length", "content-type"}
        extra = [f"add_header {name} {quoted(value)};" for name, value in headers if name.lower() not in own]
        content_type = dict((name.lower(), value) for name, value in headers)["content-type"]
        configuration = folder / "nginx.conf"
        configuration.write_text(self.CONFIGURATION.format(
            folder=folder, port=self.port, content_type=content_type, headers="\n".join(extra),
            body=quoted(body.decode())))
        super().__init__(["nginx", "-p", str(folder), "-c", str(configuration)], folder / "log")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def wait_until_ready(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            self.check_running()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.01)
        raise Broken("nginx does not listen")


def quoted(text):
    """As a value in nginx's configuration."""
    if "$" in text:
        raise Broken("nginx would take '$' for a variable")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(process):
    """Waits until it is ready, and stops it at the end, whatever happens. When all else went well, a bad end is an error."""
    try:
        process.wait_until_ready()
        yield process
    except BaseException:
        with contextlib.suppress(Exception):
            process.stop()
        raise
    process.stop()
