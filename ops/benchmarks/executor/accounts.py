"""Many accounts with own overrides on one executor: does memory stay bounded, does throughput stay flat?

usage: python accounts.py --binary TRIBUTARY --out DIR [--accounts N] [--cache N] [--windows N] [--seconds N] [--json]

The executor keeps what it knows of `--cache` accounts (a fifth of all unless given; the product's default is 20,000).

1. *Warm, early*: a few hundred accounts, asked for again and again.
2. *Once*: every account is asked for once, in windows: what memory and a new account cost as their number grows.
3. *Random*: windows of accounts at random, most of which the executor has to learn anew.
4. *Warm, late*: as 1, after all the others.

Judged is CPU per request, because the stand-ins and the load share the machine with the executor: late over early, and
the spread of the random windows, within 10 %. Memory is bounded when it does not grow by more than 10 % from the moment
when twice as many accounts were seen as are kept, and as many as connections and their names are kept for. 100,000
accounts take about seven minutes; `--accounts 3000 --seconds 3` shows in one that all works, and judges memory over the
random windows alone.
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys

import harness
import make_data
from bench import UPSTREAM, nginx
from harness import Server, Target
from installation import PORTS, Installation

HERE = pathlib.Path(__file__).resolve().parent
STANDIN = 7809

FLAT, BOUNDED = 0.10, 0.10
# The transport keeps connections for 1,024 accounts and names for 4,096.
CONNECTED = 5_000

SCRIPT = """
local count, given, random = %d, %d, %s
math.randomseed(%d)
request = function()
    local number = random and math.random(0, count - 1) or given
    given = (given + 1) %% count
    return wrk.format("GET", string.format(
        "/unified/crm/contacts/%s?integrated_account_id=00000000-0000-4000-8000-%%012d&ignore_remote_data=true", number))
end
"""


def load(target, script, seconds):
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--timeout", "60s", "--latency", "-s", script]
    for name, value in target.headers.items():
        command += ["-H", f"{name}: {value}"]
    before = harness.cpu_seconds(target.server.pids)
    output = subprocess.run(command + [target.url], capture_output=True, text=True, check=True).stdout
    spent = harness.cpu_seconds(target.server.pids) - before
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    if "Non-2xx" in output or requests == 0:
        sys.exit(f"the executor fails under load:\n{output}")
    return {
        "requests": requests,
        "requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)),
        "cpu_us": spent * 1e6 / requests,
        "memory_mb": harness.memory_bytes(target.server.pids) / 1e6,
    }


class Bench:
    """The phases, each window a row."""

    def __init__(self, chosen, executor, headers, base, record, out):
        self.chosen, self.record, self.out = chosen, record, out
        self.target = Target(executor, base, headers)
        self.executor = executor
        self.rows = []
        self.seed = 0

    def window(self, phase, count, given, at_random, seconds):
        self.seed += 1
        script = self.out / "window.lua"
        script.write_text(SCRIPT % (count, given, "true" if at_random else "false", self.seed, self.record))
        row = {"phase": phase, **load(self.target, script, seconds)}
        self.rows.append(row)
        print(f"    {phase}: {row['cpu_us']:.0f} us CPU, {row['requests_per_second']:.0f}/s, {row['memory_mb']:.0f} MB",
              file=sys.stderr, flush=True)
        return row

    def warm(self, phase):
        self.window(f"{phase}, to warm up", self.chosen.warm, 0, True, 3)
        for number in range(self.chosen.rounds):
            self.window(f"{phase} {number + 1}", self.chosen.warm, 0, True, self.chosen.seconds)

    def run(self):
        accounts = self.chosen.accounts
        self.warm("warm, early")
        seen = 0
        while seen < accounts:
            row = self.window("once", accounts, seen % accounts, False, self.chosen.seconds)
            seen += row["requests"]
            row["phase"], row["seen"] = f"once, {min(seen, accounts)} accounts seen", min(seen, accounts)
        for number in range(self.chosen.windows):
            row = self.window(f"random {number + 1}", accounts, 0, True, self.chosen.seconds)
            row["seen"] = accounts
        self.warm("warm, late")

    def values(self, phase, name):
        return [row[name] for row in self.rows if row["phase"].startswith(phase) and "warm up" not in row["phase"]]

    def result(self):
        early, late = (statistics.median(self.values(f"warm, {when}", "cpu_us")) for when in ("early", "late"))
        fast, slow = (
            statistics.median(self.values(f"warm, {when}", "requests_per_second")) for when in ("early", "late")
        )
        costs = sorted(self.values("random", "cpu_us"))
        middle = statistics.median(costs)
        enough = min(max(2 * self.chosen.cache, CONNECTED), self.chosen.accounts)
        full = [row for row in self.rows if row.get("seen", 0) >= enough]
        start, full = full[0]["phase"], [row["memory_mb"] for row in full]
        last = self.rows[-1]["memory_mb"]
        growth = max(last, *full) / full[0] - 1
        drift = late / early - 1
        # Half of the windows on either side of the middle, so that one disturbed window does not decide.
        quarter = len(costs) // 4
        spread = (costs[-1 - quarter] - costs[quarter]) / middle
        return {
            "accounts": self.chosen.accounts, "cache": self.chosen.cache, "rows": self.rows,
            "warm_cpu_us": {"early": early, "late": late}, "warm_requests_per_second": {"early": fast, "late": slow},
            "warm_drift": drift, "random_cpu_us": middle, "random_spread": spread,
            "memory_mb": {"first": self.rows[0]["memory_mb"], "cache_full": full[0], "since": start, "last": last},
            "memory_growth": growth,
            "verdicts": {
                "flat": drift <= FLAT, "flat_at_random": spread <= FLAT, "bounded": growth <= BOUNDED,
            },
        }


def verdict(met):
    return "met" if met else "MISSED"


def markdown(result):
    memory, warm, rate = result["memory_mb"], result["warm_cpu_us"], result["warm_requests_per_second"]
    verdicts = result["verdicts"]
    lines = [
        f"## {result['accounts']:,} accounts with own overrides on one executor, {result['cache']:,} kept", "",
        "| what | figure | at most | |", "| --- | --- | --- | --- |",
        f"| warm accounts, late over early: CPU/request | {warm['early']:.0f} to {warm['late']:.0f} us: "
        f"{result['warm_drift']:+.1%} | +{FLAT:.0%} | {verdict(verdicts['flat'])} |",
        f"| (their requests/s, with all stand-ins on the same cores) | {rate['early']:.0f} to {rate['late']:.0f} | | |",
        f"| random accounts: spread of CPU/request over windows | {result['random_spread']:.1%} of "
        f"{result['random_cpu_us']:.0f} us | {FLAT:.0%} | {verdict(verdicts['flat_at_random'])} |",
        f"| memory since '{memory['since']}' | {memory['cache_full']:.0f} to {memory['last']:.0f} MB, "
        f"at most {result['memory_growth']:+.1%} | +{BOUNDED:.0%} | {verdict(verdicts['bounded'])} |", "",
        "| phase | requests | requests/s | CPU us/request | memory MB |", "| --- | --- | --- | --- | --- |",
    ]
    for row in result["rows"]:
        lines.append(
            f"| {row['phase']} | {row['requests']} | {row['requests_per_second']:.0f} | {row['cpu_us']:.0f} "
            f"| {row['memory_mb']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--cache", type=int, help="accounts kept; a fifth of all unless given")
    parser.add_argument("--warm", type=int, help="accounts that are asked for again and again; a quarter of the cache, at most 500")
    parser.add_argument("--windows", type=int, default=7, help="of random accounts")
    parser.add_argument("--rounds", type=int, default=5, help="of warm accounts, early and late")
    parser.add_argument("--seconds", type=int, default=6, help="of each window")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    chosen.cache = chosen.cache or max(20, chosen.accounts // 5)
    chosen.warm = chosen.warm or max(1, min(500, chosen.cache // 4))
    if 2 * chosen.cache > chosen.accounts:
        parser.error("at least twice as many accounts as are kept are needed to see what memory does")
    out = pathlib.Path(chosen.out).resolve()
    (out / "tmp").mkdir(parents=True, exist_ok=True)
    one = make_data.write(out / "data")
    stops = []
    try:
        upstream = nginx("upstream", out, {"UPSTREAM": UPSTREAM})
        stops.append(upstream.stop)
        installation = Installation(chosen.binary, out / "installation", UPSTREAM)
        stops.append(installation.stop)
        installation.start()
        executor_env = {
            **installation.env,
            "TRIBUTARY_REGISTRY_URL": f"http://127.0.0.1:{STANDIN}", "TRIBUTARY_BROKER_URL": f"http://127.0.0.1:{STANDIN}",
            "TRIBUTARY_EXECUTOR_CACHE_CAPACITY": str(chosen.cache),
        }
        installation.connect()
        standin = Server(
            "stand-in",
            [
                sys.executable, HERE / "standin.py", STANDIN, f"http://127.0.0.1:{PORTS['registry']}",
                f"http://127.0.0.1:{PORTS['broker']}", installation.account,
            ],
            {}, out / "standin.log",
        )
        stops.append(standin.stop)
        executor = Server("tributary", [chosen.binary, "executor"], executor_env, out / "executor.log")
        stops.append(executor.stop)
        headers = {"Authorization": f"Bearer {installation.key}"}
        base = f"http://127.0.0.1:{PORTS['executor']}"
        first = Target(
            executor,
            f"{base}/unified/crm/contacts/{one}?integrated_account_id=00000000-0000-4000-8000-{7:012d}&ignore_remote_data=true",
            headers,
        )
        status, body, _ = harness.wait_until_answered(first)
        if status != 200 or json.loads(body).get("description") != "account 7 has its own mapping":
            sys.exit(f"the account's own mapping is not applied: {status} {body[:300]}")
        bench = Bench(chosen, executor, headers, base, one, out)
        bench.run()
        result = bench.result()
        (out / "accounts.json").write_text(json.dumps(result, indent=1))
        (out / "accounts.md").write_text(markdown(result))
        print(json.dumps(result, indent=1) if chosen.json else markdown(result))
    finally:
        for stop in reversed(stops):
            try:
                stop()
            except Exception as error:  # The others must be stopped all the same.
                print(f"    could not stop: {error}", file=sys.stderr)


main()
