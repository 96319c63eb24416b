"""Compares the executor with what a team would run instead, in turn and on the same vendor.

usage: python bench.py --binary TRIBUTARY --out DIR [--rounds N] [--seconds N] [--connections N] [--only NAME,NAME] [--json]

Peers that are not there are left out, and said so: node and a checkout of jsonata-js (JSONATA_JS), nginx, FastAPI with
jsonata-python. Judged is CPU per request: the scheduler's run time of the server's threads over its requests.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import harness
import make_data
import report
from harness import Server, Target
from installation import PORTS, Installation

HERE = pathlib.Path(__file__).resolve().parent
UPSTREAM, PROXY = 7801, 7802
NODE_JSONATA, NODE_HAND, PYTHON_JSONATA, PYTHON_HAND = 7803, 7804, 7805, 7806
MAPPING = HERE / "connectors" / "bench" / "crm" / "contacts.response.jsonata"


def nginx(name, folder, ports):
    text = (HERE / f"nginx-{name}.conf.in").read_text().replace("@DIR@", str(folder))
    for key, port in ports.items():
        text = text.replace(f"@{key}@", str(port))
    path = folder / f"nginx-{name}.conf"
    path.write_text(text)
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    # As root the worker would become another user, who may not reach the folder.
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    return Server(name, [binary, "-c", path, "-p", folder, *user], {}, folder / f"{name}.log", measures_children=True)


class Peers:
    """The peers that are there, started."""

    def __init__(self, folder):
        self.servers = {}
        self.missing = []
        upstream = f"http://127.0.0.1:{UPSTREAM}"
        node, checkout = shutil.which("node"), os.environ.get("JSONATA_JS")
        self.commands = {}
        if node:
            self.commands["node hand"] = ([node, HERE / "peer_node.js"], NODE_HAND, {"ENGINE": "hand"})
        else:
            self.missing.append("node is not there: its peers are left out")
        if node and checkout:
            sources = str(pathlib.Path(checkout) / "src")
            self.commands["node jsonata-js"] = (
                [node, HERE / "peer_node.js"], NODE_JSONATA, {"ENGINE": "jsonata", "JSONATA": sources},
            )
        elif node:
            self.missing.append("JSONATA_JS names no checkout of jsonata-js: its peer is left out")
        try:
            import fastapi, httpx, httptools, jsonata, orjson, uvicorn, uvloop  # noqa: F401,E401
            for name, port, engine in (("fastapi hand", PYTHON_HAND, "hand"), ("fastapi jsonata-python", PYTHON_JSONATA, "jsonata")):
                command = [
                    sys.executable, "-m", "uvicorn", "peer_python:app", "--port", str(port), "--loop", "uvloop", "--http",
                    "httptools", "--no-access-log", "--log-level", "error",
                ]
                self.commands[name] = (command, port, {"ENGINE": engine})
        except ImportError as error:
            self.missing.append(f"{error.name} is not installed: the FastAPI peers are left out")
        self.env = {"UPSTREAM": upstream, "MAPPING": str(MAPPING)}
        self.folder = folder
        for name in self.commands:
            self.servers[name] = self.start(name)

    def start(self, name):
        command, port, env = self.commands[name]
        log = self.folder / (name.replace(" ", "-") + ".log")
        return Server(name, command, {**self.env, **env, "PORT": str(port)}, log, cwd=HERE)

    def target(self, name, path, server=None):
        port = self.commands[name][1]
        return Target(server or self.servers[name], f"http://127.0.0.1:{port}{path}", {"Authorization": "Bearer key_1"})


def same(left, right):
    """Whether two results are the same JSON; objects whatever their order, absent as null is not."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def check(targets):
    """Every result of one kind must be the same before anything is measured."""
    for kind in ("list", "record", "page 239 KB", "record 1.2 KB"):
        first = None
        for name, target in targets.get(kind, {}).items():
            status, body, _ = harness.wait_until_answered(target)
            if status != 200:
                sys.exit(f"{name}, {kind}: status {status}: {body[:300]}")
            value = json.loads(body)
            result = value["result"] if kind == "list" else value
            if first is None:
                first = result
            elif not same(first, result):
                sys.exit(f"{name}, {kind}: the result differs from the executor's; see {target.url}")


def measure(targets, chosen):
    """Rounds in which every target has its turn: the figures by kind and name."""
    figures = {}
    for number in range(chosen.rounds + 1):
        for kind, members in targets.items():
            for name, target in members.items():
                is_slow = "jsonata-" in name and kind == "list"
                if number == 0:
                    # Warm up; not counted.
                    harness.counted_load(target, 4, 8) if is_slow else harness.wrk_load(target, chosen.connections, 2)
                    continue
                if is_slow:
                    figure = harness.counted_load(target, chosen.connections, 48 if "python" in name else 96)
                else:
                    figure = harness.wrk_load(target, chosen.connections, chosen.seconds)
                figures.setdefault(kind, {}).setdefault(name, []).append(figure)
                print(f"    round {number}: {kind}, {name}: {figure['cpu_us']:.1f} us CPU", file=sys.stderr, flush=True)
    return figures


def cold_starts(servers, runs=15):
    """Milliseconds from the start of a process to its first whole answer, by name; all servers in turn.

    The first round reads files and wakes what the servers ask, and is not counted.
    """
    times = {name: [] for name in servers}
    for number in range(runs + 1):
        for name, (start, target_of) in servers.items():
            began = time.monotonic()
            server = start()
            _, _, answered = harness.wait_until_answered(target_of(server))
            if number > 0:
                times[name].append((answered - began) * 1000)
            server.stop()
    return times


def idle_memory(target, count=2000):
    """Bytes of an idle connection, once a few hundred requests have been answered."""
    harness.wait_until_answered(target)
    for _ in range(300):
        target.fetch()
    return harness.memory_per_idle_connection(target, count)


def parse_rate(command):
    return json.loads(subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", default="list,record,proxy,memory,start,parse")
    parser.add_argument("--hold", action="store_true", help="start everything, print how to reach it, and wait")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of the table")
    chosen = parser.parse_args()
    only = set(chosen.only.split(","))
    out = pathlib.Path(chosen.out).resolve()
    (out / "tmp").mkdir(parents=True, exist_ok=True)
    one = make_data.write(out / "data")

    stops = []
    # Also when it is ended from outside, what it started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        upstream = nginx("upstream", out, {"UPSTREAM": UPSTREAM})
        stops.append(upstream.stop)
        proxy = nginx("proxy", out, {"UPSTREAM": UPSTREAM, "PROXY": PROXY})
        stops.append(proxy.stop)
        print("    starting an installation of its own and connecting an account", file=sys.stderr)
        installation = Installation(chosen.binary, out / "installation", UPSTREAM)
        stops.append(installation.stop)
        installation.start()

        def executor():
            return Server("tributary", [chosen.binary, "executor"], installation.env, out / "executor.log")

        installation.connect()
        ours = executor()
        stops.append(lambda: ours.stop())
        harness.wait_until_answered(Target(ours, f"http://127.0.0.1:{PORTS['executor']}/health/ready"))
        peers = Peers(out)
        stops += [server.stop for server in peers.servers.values()]
        for line in peers.missing:
            print("    " + line, file=sys.stderr)

        headers = {"Authorization": f"Bearer {installation.key}"}
        base = f"http://127.0.0.1:{PORTS['executor']}"

        def own(path, server=None):
            return Target(server or ours, base + path, headers)

        listing = "/unified/crm/contacts?integrated_account_id={}&limit=200&ignore_remote_data=true"
        record = f"/unified/crm/contacts/{one}?integrated_account_id={{}}&ignore_remote_data=true"
        account = installation.account
        targets = {}
        if "list" in only:
            targets["list"] = {"tributary": own(listing.format(account))}
            targets["list"] |= {name: peers.target(name, listing.format("acc_1")) for name in peers.commands}
        if "record" in only:
            targets["record"] = {"tributary": own(record.format(account))}
            targets["record"] |= {name: peers.target(name, record.format("acc_1")) for name in peers.commands}
        if "proxy" in only:
            for kind, path in (("page 239 KB", "/contacts.json"), ("record 1.2 KB", f"/contacts/{one}.json")):
                targets[kind] = {
                    "tributary": own(f"/proxy/@{account}{path}"),
                    "nginx": Target(proxy, f"http://127.0.0.1:{PROXY}{path}"),
                }
                if "node hand" in peers.commands:
                    targets[kind]["node hand"] = peers.target("node hand", f"/proxy{path}?integrated_account_id=acc_1")
        check(targets)
        if chosen.hold:
            print(json.dumps({
                "executor_pid": ours.process.pid, "key": installation.key, "account": account, "one": one,
                "list": own(listing.format(account)).url, "record": own(record.format(account)).url,
                "proxy": base + f"/proxy/@{account}/contacts.json", "admin_key": installation.admin_key,
            }, indent=1), flush=True)
            while ours.process.poll() is None:
                time.sleep(1)
            return

        results = {"figures": measure(targets, chosen), "missing": peers.missing, "connections": chosen.connections}
        if "memory" in only:
            warm = {"tributary": harness.memory_bytes(ours.pids)}
            for name, server in peers.servers.items():
                warm[name] = harness.memory_bytes(server.pids)
            results["warm_memory_bytes"] = warm
            # On fresh processes: a heap that a load has stretched would hide what connections take.
            ours.stop()
            ours = executor()
            idle = {"tributary": idle_memory(own(record.format(account), ours))}
            if "node hand" in peers.commands:
                peers.servers["node hand"].stop()
                fresh = peers.servers["node hand"] = peers.start("node hand")
                stops.append(fresh.stop)
                idle["node hand"] = idle_memory(peers.target("node hand", record.format("acc_1"), fresh))
            results["idle_connection_bytes"] = idle
        if "start" in only:
            ours.stop()
            servers = {"tributary": (executor, lambda server: own(record.format(account), server))}
            name = "node jsonata-js" if "node jsonata-js" in peers.commands else "node hand"
            if name in peers.commands:
                peers.servers[name].stop()
                servers[name] = (
                    lambda: peers.start(name), lambda server: peers.target(name, record.format("acc_1"), server)
                )
            results["cold_start_ms"] = cold_starts(servers)
        if "parse" in only:
            page = out / "data" / "contacts.json"
            rates = {"tributary": parse_rate([chosen.binary, "measure-json", page])}
            if shutil.which("node"):
                rates["node"] = parse_rate(["node", HERE / "parse.js", page])
            results["parse_mb_per_s"] = {name: rate["parse_mb_per_s"] for name, rate in rates.items()}
        report.write(results, out)
        print(json.dumps(results, indent=1) if chosen.json else (out / "executor.md").read_text())
    finally:
        for stop in reversed(stops):
            try:
                stop()
            except Exception as error:  # The others must be stopped all the same.
                print(f"    could not stop: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
