"""Measures the Python peers on a folder of workloads, in the manner of `tributary jsonata --bench`.

usage: python peers.py ENGINE DIR [--ms N] [--rounds N] [--only NAME]     ENGINE: jlens or jsonatapy
"""

import argparse
import importlib.metadata
import json
import pathlib
import statistics
import time


class JLens:
    def __init__(self):
        import jlens

        self.module = jlens

    def compile(self, expression):
        return self.module.Expression(expression)

    def parse(self, text):
        return self.module.Document.from_json(text)

    def evaluate(self, compiled, document):
        return compiled.evaluate_document(document)

    def end_to_end(self, compiled, text):
        return compiled.evaluate_json(text)


class JSONataPy:
    def __init__(self):
        import jsonatapy

        self.module = jsonatapy

    def compile(self, expression):
        return self.module.compile(expression)

    def parse(self, text):
        return self.module.JsonataData.from_json(text)

    def evaluate(self, compiled, document):
        return compiled.evaluate_data_to_json(document)

    def end_to_end(self, compiled, text):
        return compiled.evaluate_json(text)


def rate(operation, seconds):
    clock = time.perf_counter
    start = clock()
    count = 0
    batch = 1
    while True:
        for _ in range(batch):
            operation()
        count += batch
        elapsed = clock() - start
        if elapsed >= seconds:
            return count / elapsed
        if elapsed < seconds / 100:
            batch *= 2


def median(operation, seconds, rounds):
    rate(operation, seconds)
    return {"median": statistics.median(rate(operation, seconds) for _ in range(rounds))}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("engine", choices=["jlens", "jsonatapy"])
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--ms", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--only", default="")
    chosen = arguments.parse_args()
    engine = {"jlens": JLens, "jsonatapy": JSONataPy}[chosen.engine]()
    seconds = chosen.ms / 1000
    rows = []
    for workload in json.loads((chosen.folder / "workloads.json").read_text())["workloads"]:
        if chosen.only not in workload["name"]:
            continue
        text = (chosen.folder / workload["input"]).read_text()
        expected = json.loads((chosen.folder / workload["expected"]).read_text())
        expression = workload["expression"]
        row = {"name": workload["name"], "ok": False}
        rows.append(row)
        try:
            compiled = engine.compile(expression)
            document = engine.parse(text)
            if json.loads(engine.end_to_end(compiled, text)) != expected:
                continue
        except Exception as error:  # a peer that cannot run a workload has no rate
            row["error"] = str(error)[:200]
            continue
        row["ok"] = True
        row["evaluate"] = median(lambda: engine.evaluate(compiled, document), seconds, chosen.rounds)
        row["endToEnd"] = median(lambda: engine.end_to_end(compiled, text), seconds, chosen.rounds)
        row["compile"] = median(lambda: engine.compile(expression), seconds, chosen.rounds)
    version = importlib.metadata.version(chosen.engine)
    print(json.dumps({"engine": chosen.engine, "version": version, "rows": rows}))


main()
