"""Fairness: how long account A waits while account B's vendor stalls, over how long A waits alone.

Uses the installation that ops/run has started (.tributary/dev.env). A and B are demo accounts of two vendors. Calls for A
come at a steady rate whether earlier ones are answered or not, so that waiting is measured and not hidden; so do those for
B, whose vendor answers nothing for a minute at a time (the sandbox's fault `slow`). Alone and beside B are measured in
turn; the ratio is that of the medians of the rounds' 99th percentiles.
"""
import argparse
import asyncio
import json
import os
import pathlib
import statistics
import time
import urllib.request

GOAL = 1.5


def environment(path):
    values = {}
    for line in pathlib.Path(path).read_text().splitlines():
        name, _, value = line.partition("=")
        values[name] = value.strip().strip("'\"")
    return values


class Client:
    """Keeps connections to the executor open and lends each to one call at a time."""

    def __init__(self, url, key):
        host = url.split("//")[1].rstrip("/")
        self.host, _, port = host.partition(":")
        self.port = int(port or 80)
        self.key = key
        self.free = []

    async def get(self, path):
        reader, writer = self.free.pop() if self.free else await asyncio.open_connection(self.host, self.port)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {self.key}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        fields = dict(
            (name.strip().lower(), value.strip())
            for name, _, value in (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
        )
        await reader.readexactly(int(fields.get("content-length", "0")))
        if fields.get("connection", "").lower() == "close":
            writer.close()
        else:
            self.free.append((reader, writer))
        return status

    def close(self):
        for _, writer in self.free:
            writer.close()
        self.free = []


async def paced(client, path, rate, seconds, waits, statuses):
    """Calls `path` `rate` times a second for `seconds`."""
    running = set()

    async def one(due):
        try:
            status = await client.get(path)
        except (OSError, asyncio.IncompleteReadError):
            status = 0
        waits.append(time.perf_counter() - due)
        statuses[status] = statuses.get(status, 0) + 1

    start = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(0, due - time.perf_counter()))
        task = asyncio.create_task(one(due))
        running.add(task)
        task.add_done_callback(running.discard)
    return running


def percentile(waits, share):
    ordered = sorted(waits)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def stall(url, vendor):
    body = json.dumps({"vendor": vendor, "fault": "slow", "times": 1_000_000}).encode()
    request = urllib.request.Request(url + "/faults", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).read()


def recover(url, vendor):
    """Takes the faults back."""
    body = json.dumps({"vendor": vendor, "fault": "none", "clear": True}).encode()
    request = urllib.request.Request(url + "/faults", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).read()


async def main():
    options = argparse.ArgumentParser()
    options.add_argument("--binary", help="not used: the running installation is measured")
    options.add_argument("--out", default=".tributary/bench/fairness")
    options.add_argument("--env", default=".tributary/dev.env")
    options.add_argument("--a", default="SALESFORCE", help="the account that is measured")
    options.add_argument("--b", default="BAMBOOHR", help="the account whose vendor stalls")
    options.add_argument("--rate-a", type=float, default=60)
    options.add_argument("--rate-b", type=float, default=40)
    options.add_argument("--seconds", type=float, default=10)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", action="store_true")
    options = options.parse_args()
    if not os.path.exists(options.env):
        raise SystemExit("start the installation first: ops/run --detach")
    values = environment(options.env)
    resource = {"BAMBOOHR": "hris/employees", "ADP": "hris/employees", "WORKDAY": "hris/employees",
                "PERSONIO": "hris/employees"}

    def path(account):
        return (f"/unified/{resource.get(account, 'crm/contacts')}"
                f"?integrated_account_id={values['ACCOUNT_' + account]}&limit=20")

    alone, beside, refusals = [], [], {}
    ok = {}
    for _ in range(options.rounds):
        for waits, has_neighbour in ((alone, False), (beside, True)):
            client = Client(values["TRIBUTARY_API_URL"], values["TRIBUTARY_API_KEY"])
            neighbour = Client(values["TRIBUTARY_API_URL"], values["TRIBUTARY_API_KEY"])
            other = set()
            if has_neighbour:
                stall(values["TRIBUTARY_SANDBOX_URL"], options.b.lower())
                # The neighbour's calls pile up for three seconds before anything is measured, and come on meanwhile.
                load = asyncio.create_task(
                    paced(neighbour, path(options.b), options.rate_b, options.seconds + 3, [], refusals)
                )
                await asyncio.sleep(3)
            else:
                await paced(client, path(options.a), options.rate_a, 1, [], {})
            measured, statuses = [], {}
            rest = await paced(client, path(options.a), options.rate_a, options.seconds, measured, statuses)
            if rest:
                await asyncio.wait(rest, timeout=30)
            for status, count in statuses.items():
                ok[status] = ok.get(status, 0) + count
            waits.append((percentile(measured, 0.5), percentile(measured, 0.99)))
            if has_neighbour:
                other = await load
                recover(values["TRIBUTARY_SANDBOX_URL"], options.b.lower())
                for task in other:
                    task.cancel()
                # What was under way when the vendor recovered is over when its time is.
                await asyncio.sleep(31)
            client.close()
            neighbour.close()
    p99 = [statistics.median(row[1] for row in rows) for rows in (alone, beside)]
    p50 = [statistics.median(row[0] for row in rows) for rows in (alone, beside)]
    result = {
        "a": options.a, "b": options.b, "rounds": options.rounds, "answers_of_a": ok, "answers_of_b": refusals,
        "alone_ms": {"p50": round(p50[0], 2), "p99": round(p99[0], 2)},
        "beside_ms": {"p50": round(p50[1], 2), "p99": round(p99[1], 2)},
        "ratio_p99": round(p99[1] / p99[0], 2), "goal": GOAL,
    }
    pathlib.Path(options.out).mkdir(parents=True, exist_ok=True)
    (pathlib.Path(options.out) / "result.json").write_text(json.dumps(result, indent=1))
    if options.json:
        print(json.dumps(result))
        return
    print(f"account A ({options.a}) alone:               p50 {p50[0]:8.2f} ms   p99 {p99[0]:8.2f} ms")
    print(f"account A while {options.b}'s vendor stalls: p50 {p50[1]:8.2f} ms   p99 {p99[1]:8.2f} ms")
    print(f"ratio of p99: {result['ratio_p99']} (goal at most {GOAL}); answers of A {ok}, of B {refusals}")


asyncio.run(main())
