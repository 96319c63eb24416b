"""Servers as processes, loads on them, and what the kernel says that they cost."""

import concurrent.futures
import http.client
import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.parse


def cpu_seconds(pids):
    """Scheduler run time of all threads of some processes."""
    total = 0
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):
            try:
                total += int(pathlib.Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0])
            except FileNotFoundError:
                pass
    return total / 1e9


def memory_bytes(pids):
    """Resident memory of some processes."""
    return sum(
        int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) * 1024 for pid in pids
    )


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


class Server:
    """One process that is measured."""

    def __init__(self, name, command, env, log, cwd=None, measures_children=False):
        self.name = name
        self.process = subprocess.Popen(
            [str(word) for word in command], env={**os.environ, **env}, cwd=cwd, stdin=subprocess.DEVNULL,
            stdout=open(log, "ab"), stderr=subprocess.STDOUT, start_new_session=True,
        )
        self.log = log
        self.measures_children = measures_children

    @property
    def pids(self):
        return children(self.process.pid) if self.measures_children else [self.process.pid]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Target:
    """One address of one server."""

    def __init__(self, server, url, headers=None):
        self.server = server
        self.url = url
        self.headers = headers or {}

    def fetch(self):
        """One exchange: status and body."""
        parts = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        connection.request("GET", parts.path + ("?" + parts.query if parts.query else ""), headers=self.headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body


def wait_until_answered(target, seconds=60):
    """The status and body of the first answer, and when it came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            status, body = target.fetch()
            if status < 500:
                return status, body, time.monotonic()
        except OSError:
            pass
        time.sleep(0.001)
    raise SystemExit(f"{target.url} does not answer; see {target.server.log}")


def wrk_load(target, connections, seconds):
    """Loads a target with wrk: figures of one round."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
    for name, value in target.headers.items():
        command += ["-H", f"{name}: {value}"]
    before = cpu_seconds(target.server.pids)
    output = subprocess.run(command + [target.url], capture_output=True, text=True, check=True).stdout
    spent = cpu_seconds(target.server.pids) - before
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    if "Non-2xx" in output or "Socket errors" in output or requests == 0:
        raise SystemExit(f"{target.url} fails under load:\n{output}")
    return {
        "cpu_us": spent * 1e6 / requests,
        "requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)),
        "p50_us": microseconds(re.search(r"\n +50%\s+(\S+)", output).group(1)),
        "p99_us": microseconds(re.search(r"\n +99%\s+(\S+)", output).group(1)),
    }


def counted_load(target, connections, count):
    """Loads a slow target with a fixed number of requests, so that none is left half done and still counted as cost."""
    parts = urllib.parse.urlsplit(target.url)

    def work(share):
        times = []
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)
        for _ in range(share):
            started = time.monotonic()
            connection.request("GET", f"{parts.path}?{parts.query}", headers=target.headers)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise SystemExit(f"{target.url} answers {response.status} under load")
            times.append(time.monotonic() - started)
        connection.close()
        return times

    share = max(1, count // connections)
    before, started = cpu_seconds(target.server.pids), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        times = sorted(sum(pool.map(work, [share] * connections), []))
    spent, elapsed = cpu_seconds(target.server.pids) - before, time.monotonic() - started
    return {
        "cpu_us": spent * 1e6 / len(times),
        "requests_per_second": len(times) / elapsed,
        "p50_us": times[len(times) // 2] * 1e6,
        "p99_us": times[int(len(times) * 0.99)] * 1e6,
    }


def microseconds(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1, "ms": 1e3, "s": 1e6, "m": 6e7}[unit]


def memory_per_idle_connection(target, count):
    """What one open connection costs that has been asked once and is idle."""
    parts = urllib.parse.urlsplit(target.url)
    request = f"GET {parts.path}{'?' + parts.query if parts.query else ''} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    request += "".join(f"{name}: {value}\r\n" for name, value in target.headers.items()) + "\r\n"
    before = memory_bytes(target.server.pids)
    sockets = []
    for _ in range(count):
        sock = socket.create_connection((parts.hostname, parts.port))
        sock.sendall(request.encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += sock.recv(65536)
        length = int(re.search(rb"content-length: (\d+)", data, re.I).group(1))
        missing = length - len(data.split(b"\r\n\r\n", 1)[1])
        while missing > 0:
            missing -= len(sock.recv(65536))
        sockets.append(sock)
    time.sleep(0.5)
    after = memory_bytes(target.server.pids)
    for sock in sockets:
        sock.close()
    return (after - before) / count
