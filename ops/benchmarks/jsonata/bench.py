"""Compares Tributary's JSONata engine with its peers, workload by workload and in turn.

usage: python bench.py --binary TRIBUTARY --out DIR [--workloads DIR] [--ms N] [--rounds N] [--only NAME]

jsonata-js is measured when JSONATA_JS names a checkout and node is there; jlens and jsonatapy when this Python has them.
"""

import argparse
import hashlib
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MEASURES = ("evaluate", "endToEnd", "compile")
#: The least that the geometric mean over jsonata-js has to be, and the least on any workload.
BARS = {"evaluate": 15, "endToEnd": 10, "compile": 10}
LEAST = 4


def prepare(binary, folder):
    """Makes the inputs, and the expected results from this engine once their hashes are right."""
    subprocess.run([sys.executable, HERE / "generate.py", folder], check=True)
    (folder / "expected").mkdir(exist_ok=True)
    for workload in json.loads((folder / "workloads.json").read_text())["workloads"]:
        data = (folder / workload["input"]).read_text()
        request = '{"id":1,"expr":%s,"data":%s}\n' % (json.dumps(workload["expression"]), data)
        answer = subprocess.run([binary, "jsonata", "--batch"], input=request, capture_output=True, text=True, check=True)
        result = json.loads(answer.stdout).get("result")
        text = json.dumps(result, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if hashlib.sha256(text.encode()).hexdigest() != workload["resultSha256"]:
            sys.exit(f"{workload['name']}: the result is not the reference's")
        (folder / workload["expected"]).write_text(text)


def engines(binary):
    """The commands that measure one workload, by the engine's name."""
    found = {"tributary": [binary, "jsonata", "--json", "--bench"]}
    checkout = os.environ.get("JSONATA_JS")
    if checkout and shutil.which("node"):
        found["jsonata-js"] = ["node", HERE / "node.mjs"]
    else:
        print("JSONATA_JS names no checkout of jsonata-js (or there is no node): its columns are left out")
    for peer in ("jlens", "jsonatapy"):
        try:
            __import__(peer)
            found[peer] = [sys.executable, HERE / "peers.py", peer]
        except ImportError:
            print(f"{peer} is not installed: its columns are left out")
    return found


def measure(command, folder, name, chosen):
    run = subprocess.run(
        [*map(str, command), str(folder), "--ms", str(chosen.ms), "--rounds", str(chosen.rounds), "--only", name],
        capture_output=True, text=True,
    )
    try:
        rows = [row for row in json.loads(run.stdout)["rows"] if row["name"] == name]
    except (ValueError, KeyError):
        sys.exit(f"{command[0]} failed on {name}: {run.stderr[-500:]}")
    return rows[0]


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else float("nan")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", type=pathlib.Path, required=True)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    arguments.add_argument("--workloads", type=pathlib.Path)
    arguments.add_argument("--ms", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--json", action="store_true")
    chosen = arguments.parse_args()
    folder = chosen.workloads or chosen.out / "workloads"
    chosen.out.mkdir(parents=True, exist_ok=True)
    if not chosen.workloads:
        prepare(chosen.binary, folder)
    names = [each["name"] for each in json.loads((folder / "workloads.json").read_text())["workloads"]]
    names = [name for name in names if chosen.only in name]
    commands = engines(chosen.binary)
    results = {engine: {} for engine in commands}
    for name in names:
        for engine, command in commands.items():
            results[engine][name] = measure(command, folder, name, chosen)
        print(f"measured {name}", file=sys.stderr)

    missed = []
    table = []
    peers = [engine for engine in commands if engine != "tributary"]
    for measured in MEASURES:
        table.append(f"\n{measured}, per second; the peers as how many times slower\n")
        table.append("workload".ljust(28) + "tributary".rjust(14) + "".join(peer.rjust(14) for peer in peers))
        ratios = {peer: [] for peer in peers}
        for name in names:
            ours = results["tributary"][name]
            if not ours["ok"]:
                missed.append(f"{name}: our own result is wrong")
                continue
            line = name.ljust(28) + f"{ours[measured]['median']:14,.1f}"
            for peer in peers:
                theirs = results[peer][name]
                if not theirs["ok"]:
                    line += "wrong".rjust(14)
                    continue
                ratio = ours[measured]["median"] / theirs[measured]["median"]
                ratios[peer].append(ratio)
                line += f"{ratio:13.1f}x"
                if peer == "jsonata-js" and ratio < LEAST:
                    missed.append(f"{name}, {measured}: {ratio:.1f}x of jsonata-js, at least {LEAST}x is asked")
                if peer != "jsonata-js" and ratio < 1 and measured != "compile":
                    missed.append(f"{name}, {measured}: {peer} is ahead ({1 / ratio:.2f}x)")
            table.append(line)
        means = {peer: mean(ratios[peer]) for peer in peers}
        table.append("geometric mean".ljust(42) + "".join(f"{means[peer]:13.1f}x" for peer in peers))
        if "jsonata-js" in means and means["jsonata-js"] < BARS[measured]:
            missed.append(f"{measured}: {means['jsonata-js']:.1f}x of jsonata-js, at least {BARS[measured]}x is asked")
    if chosen.json:
        print(json.dumps({"results": results, "missed": missed}))
        sys.exit(1 if missed else 0)
    print("\n".join(table))
    (chosen.out / "results.json").write_text(json.dumps(results, indent=1))
    (chosen.out / "table.txt").write_text("\n".join(table).lstrip() + "\n")
    print(f"\nwritten to {chosen.out}")
    if missed:
        print("\nnot reached:\n  " + "\n  ".join(missed))
        sys.exit(1)
    print("every bar is reached")


main()
