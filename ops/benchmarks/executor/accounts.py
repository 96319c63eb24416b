"""Many accounts with own overrides on one executor: does memory stay bounded, does throughput stay flat?

usage: python accounts.py --binary TRIBUTARY --out DIR [--accounts N] [--cache N] [--windows N] [--seconds N] [--json]

Every account is asked for once; then windows of random accounts follow, each with its throughput and memory.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

import harness
import make_data
from bench import UPSTREAM, nginx
from harness import Server, Target
from installation import PORTS, Installation

HERE = pathlib.Path(__file__).resolve().parent
STANDIN = 7809

SCRIPT = """
local count, given, random = %d, %d, %s
math.randomseed(7)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--cache", type=int, default=20_000)
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
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
        rows = [{"phase": "start", "memory_mb": harness.memory_bytes(executor.pids) / 1e6}]
        target = Target(executor, base, headers)
        once, at_random = out / "once.lua", out / "random.lua"
        once.write_text(SCRIPT % (chosen.accounts, 0, "false", one))
        at_random.write_text(SCRIPT % (chosen.accounts, 0, "true", one))
        seen = 0
        while seen < chosen.accounts:
            figure = load(target, once, 15)
            seen += figure["requests"]
            rows.append({"phase": f"first {min(seen, chosen.accounts)} accounts", **figure})
            print(f"    {rows[-1]}", file=sys.stderr, flush=True)
            once.write_text(SCRIPT % (chosen.accounts, seen % chosen.accounts, "false", one))
        for number in range(chosen.windows):
            rows.append({"phase": f"window {number + 1}", **load(target, at_random, chosen.seconds)})
            print(f"    {rows[-1]}", file=sys.stderr, flush=True)
        windows = [row for row in rows if row["phase"].startswith("window")]
        costs = [row["cpu_us"] for row in windows[1:]]
        memory = [row["memory_mb"] for row in windows]
        result = {
            "accounts": chosen.accounts, "cache": chosen.cache, "rows": rows,
            "cost_spread": max(costs) / min(costs) - 1, "memory_growth": memory[-1] / memory[0] - 1,
        }
        (out / "accounts.json").write_text(json.dumps(result, indent=1))
        lines = [
            f"# ops/bench accounts: {chosen.accounts} accounts with own overrides, {chosen.cache} kept", "",
            "| phase | requests/s | CPU µs/request | memory MB |", "| --- | --- | --- | --- |",
        ]
        for row in rows:
            rate, cost = row.get("requests_per_second"), row.get("cpu_us")
            lines.append(
                f"| {row['phase']} | {'' if rate is None else f'{rate:.0f}'} | {'' if cost is None else f'{cost:.0f}'} "
                f"| {row['memory_mb']:.0f} |"
            )
        lines += [
            "", f"Cost per request over the windows after the first: within {result['cost_spread']:.1%}; "
            f"memory over the windows: {result['memory_growth']:+.1%}.", "",
        ]
        (out / "accounts.md").write_text("\n".join(lines))
        print(json.dumps(result, indent=1) if chosen.json else (out / "accounts.md").read_text())
    finally:
        for stop in reversed(stops):
            try:
                stop()
            except Exception as error:  # The others must be stopped all the same.
                print(f"    could not stop: {error}", file=sys.stderr)


main()
