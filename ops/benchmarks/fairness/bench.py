"""Fairness: how long account A waits while account B's vendor stalls, over how long A waits alone.

Uses the installation that ops/run has started (.tributary/dev.env). A and B are demo accounts of two vendors. Calls for A
come at a steady rate whether earlier ones are answered or not, so that waiting is measured and not hidden; so do those for
B, whose vendor answers nothing for a minute at a time (the sandbox's fault `slow`), which is more than B has places for.
Alone and beside B are measured in turn, in alternating order, and the ratio is that of the medians of the rounds' 99th
percentiles. When A is refused anything, or B's vendor answers, the figures mean nothing, and the bench says so and fails.
"""
import argparse
import asyncio
import gc
import json
import os
import pathlib
import statistics
import sys
import time
import urllib.request

GOAL, MOONSHOT = 1.5, 1.1


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
        self.lent = set()

    async def get(self, path):
        reader, writer = self.free.pop() if self.free else await asyncio.open_connection(self.host, self.port)
        self.lent.add(writer)
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
        self.lent.discard(writer)
        if fields.get("connection", "").lower() == "close":
            writer.close()
        else:
            self.free.append((reader, writer))
        return status

    def hang_up(self):
        """Ends all connections; the executor ends the calls that nobody waits for any more."""
        for writer in [*self.lent, *(writer for _, writer in self.free)]:
            writer.transport.abort()
        self.free, self.lent = [], set()


class Load:
    """Calls that come at a steady rate, and what became of them."""

    def __init__(self, client, path, rate):
        self.client, self.path, self.rate = client, path, rate
        self.waits, self.statuses, self.running = [], {}, set()

    async def one(self, due):
        try:
            status = await self.client.get(self.path)
        except (OSError, asyncio.IncompleteReadError):
            status = 0
        self.waits.append((time.perf_counter() - due) * 1000)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    async def run(self, seconds):
        start = time.perf_counter()
        for number in range(int(self.rate * seconds)):
            due = start + number / self.rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            task = asyncio.create_task(self.one(due))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    async def rest(self):
        if self.running:
            await asyncio.wait(self.running, timeout=30)


def percentile(waits, share):
    ordered = sorted(waits)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def fault(url, vendor, **words):
    body = json.dumps({"vendor": vendor, **words}).encode()
    request = urllib.request.Request(url + "/faults", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).read()


def add(total, statuses):
    for status, count in statuses.items():
        total[str(status)] = total.get(str(status), 0) + count


class Bench:
    def __init__(self, options, values):
        self.options, self.values = options, values
        self.answers_a, self.answers_b, self.pending_b = {}, {}, []
        self.samples = {"alone": [], "beside": []}
        self.rounds = {"alone": [], "beside": []}

    def path(self, account):
        vendors_of_people = ("BAMBOOHR", "ADP", "WORKDAY", "PERSONIO")
        resource = "hris/employees" if account in vendors_of_people else "crm/contacts"
        return f"/unified/{resource}?integrated_account_id={self.values['ACCOUNT_' + account]}&limit=20"

    def client(self):
        return Client(self.values["TRIBUTARY_API_URL"], self.values["TRIBUTARY_API_KEY"])

    async def alone(self, phase="alone"):
        load = Load(self.client(), self.path(self.options.a), self.options.rate_a)
        gc.disable()
        await load.run(self.options.seconds)
        await load.rest()
        gc.enable()
        load.client.hang_up()
        add(self.answers_a, load.statuses)
        self.samples[phase] += load.waits
        self.rounds[phase].append((percentile(load.waits, 0.5), percentile(load.waits, 0.99)))

    async def beside(self):
        url, vendor = self.values["TRIBUTARY_SANDBOX_URL"], self.options.b.lower()
        fault(url, vendor, fault="slow", times=1_000_000)
        neighbour = Load(self.client(), self.path(self.options.b), self.options.rate_b)
        try:
            # The neighbour's calls pile up before anything is measured, and come on meanwhile.
            stream = asyncio.create_task(neighbour.run(self.options.seconds + self.options.pile + 1))
            await asyncio.sleep(self.options.pile)
            self.pending_b.append(len(neighbour.running))
            await self.alone("beside")
            stream.cancel()
            add(self.answers_b, neighbour.statuses)
        finally:
            fault(url, vendor, fault="none", clear=True)
            neighbour.client.hang_up()
            await asyncio.sleep(0.5)

    async def run(self):
        await Load(self.client(), self.path(self.options.a), self.options.rate_a).run(2)
        for number in range(self.options.rounds):
            for phase in (self.alone, self.beside) if number % 2 == 0 else (self.beside, self.alone):
                await phase()
            print(f"    round {number + 1}: p99 {self.rounds['alone'][-1][1]:.1f} ms alone, "
                  f"{self.rounds['beside'][-1][1]:.1f} ms beside", file=sys.stderr, flush=True)

    def complaints(self):
        """Why the figures would mean nothing."""
        bad = {status: count for status, count in self.answers_a.items() if status != "200"}
        if bad:
            yield f"A itself was refused calls: {bad} of {sum(self.answers_a.values())}; lower --rate-a"
        if self.answers_b.get("200"):
            yield f"B's vendor answered {self.answers_b['200']} calls, so it did not stall"
        if min(self.pending_b) < 4:
            yield f"only {min(self.pending_b)} calls of B waited when A was measured; raise --rate-b or --pile"

    def result(self):
        middle = {
            phase: [round(statistics.median(row[place] for row in rows), 2) for place in (0, 1)]
            for phase, rows in self.rounds.items()
        }
        pooled = {phase: round(percentile(waits, 0.99), 2) for phase, waits in self.samples.items()}
        ratio = round(middle["beside"][1] / middle["alone"][1], 2)
        return {
            "a": self.options.a, "b": self.options.b, "rounds": self.options.rounds,
            "samples": {phase: len(waits) for phase, waits in self.samples.items()},
            "answers_of_a": self.answers_a, "answers_of_b": self.answers_b, "calls_of_b_waiting": self.pending_b,
            **{f"{phase}_ms": {"p50": p50, "p99": p99, "p99_of_all": pooled[phase]}
               for phase, (p50, p99) in middle.items()},
            "ratio_p50": round(middle["beside"][0] / middle["alone"][0], 2),
            "ratio_p99": ratio, "ratio_p99_of_all": round(pooled["beside"] / pooled["alone"], 2),
            "goal": GOAL, "moonshot": MOONSHOT, "verdict": verdict(ratio), "invalid": list(self.complaints()),
        }


def verdict(ratio):
    return "moonshot" if ratio <= MOONSHOT else "met" if ratio <= GOAL else "MISSED"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=".tributary/bench/fairness")
    parser.add_argument("--env", default=".tributary/dev.env")
    parser.add_argument("--a", default="CLOSE", help="the account that is measured")
    parser.add_argument("--b", default="BAMBOOHR", help="the account whose vendor stalls")
    parser.add_argument("--rate-a", type=float, default=50, help="calls for A a second")
    parser.add_argument("--rate-b", type=float, default=40, help="calls for B a second")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--pile", type=float, default=2, help="seconds that B's calls pile up before A is measured")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not os.path.exists(options.env):
        raise SystemExit("start the installation first: ops/run --detach")
    bench = Bench(options, environment(options.env))
    asyncio.run(bench.run())
    result = bench.result()
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "result.json").write_text(json.dumps(result, indent=1))
    alone, beside = result["alone_ms"], result["beside_ms"]
    text = f"""# ops/bench fairness: {options.a} while {options.b}'s vendor stalls

Medians of {options.rounds} rounds of {options.seconds:g} s, taken in turn; {options.rate_a:g} calls a second for A, {options.rate_b:g} for B. A's answers: {result['answers_of_a']}; B's: {result['answers_of_b']} and at least {min(result['calls_of_b_waiting'])} that waited.

| A | p50 ms | p99 ms | p99 ms of all {result['samples']['alone']} calls |
| --- | --- | --- | --- |
| alone | {alone['p50']:.2f} | {alone['p99']:.2f} | {alone['p99_of_all']:.2f} |
| while B's vendor stalls | {beside['p50']:.2f} | {beside['p99']:.2f} | {beside['p99_of_all']:.2f} |
| ratio (goal {GOAL}, moonshot {MOONSHOT}) | {result['ratio_p50']:.2f} | {result['ratio_p99']:.2f} {result['verdict']} | {result['ratio_p99_of_all']:.2f} |
"""
    (out / "result.md").write_text(text)
    print(json.dumps(result) if options.json else text)
    if result["invalid"]:
        raise SystemExit("these figures mean nothing: " + "; ".join(result["invalid"]))


main()
