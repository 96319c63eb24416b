"""Compares Tributary's JSONata engine with jsonata-js on random expressions over random documents.

usage: JSONATA_JS=CHECKOUT python fuzz.py --binary TRIBUTARY [--count N] [--seed N]

Prints each difference that no rule of `justified` explains (ops/adr/0008-jsonata-engine.md lists them) and ends with 1 when there is one.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
FIELDS = ["a", "b", "c", "items", "name", "n", "tags"]
STRINGS = ["", "x", "abc", "a-b", "Zoë", "🙂", "12", "2024-05-06T07:08:09Z", "a,b,,c"]
NUMBERS = ["0", "1", "2", "-1", "0.5", "10", "1e3", "3.14159", "1000000"]


class Grammar:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def value(self, depth=0):
        r = self.r
        kind = r.randint(0, 9 if depth < 3 else 5)
        if kind <= 1:
            return r.choice([0, 1, 2, -1, 0.5, 10, 3])
        if kind <= 3:
            return r.choice(STRINGS)
        if kind == 4:
            return r.choice([True, False])
        if kind == 5:
            return None
        if kind <= 7:
            return [self.value(depth + 1) for _ in range(r.randint(0, 3))]
        return {name: self.value(depth + 1) for name in r.sample(FIELDS, r.randint(0, 4))}

    def document(self):
        r = self.r
        return {
            "a": self.value(), "b": self.value(), "c": self.value(), "n": r.randint(-3, 20), "name": r.choice(STRINGS),
            "tags": [r.choice(STRINGS) for _ in range(r.randint(0, 3))],
            "items": [{"n": r.randint(0, 5), "name": r.choice(STRINGS), "a": self.value(2), "items": [{"n": i} for i in range(r.randint(0, 2))]} for _ in range(r.randint(0, 3))],
        }

    def string(self):
        return json.dumps(self.r.choice(STRINGS), ensure_ascii=False)

    def path(self, depth):
        r = self.r
        steps = [r.choice(FIELDS + ["$", "items", "items"])]
        for _ in range(r.randint(0, 2)):
            steps.append(r.choice([r.choice(FIELDS), r.choice(FIELDS), "*", f"({self.expression(depth - 1)})", f"{{{self.string()}: {self.expression(depth - 1)}}}", f"[{self.expression(depth - 1)}]"]))
        text = ".".join(steps)
        if r.random() < 0.3:
            text += r.choice(["[0]", "[-1]", "[]", f"[{self.expression(depth - 1)}]", f"[n > {r.randint(0, 4)}]", "^(n)", "^(>n)", "^(name, >n)", "{name: n}", "{name: $sum(n)}"])
        return text

    def call(self, depth):
        r = self.r
        e = lambda: self.expression(depth - 1)
        lambda_of = lambda: f"function($v, $i) {{ {self.expression(depth - 1, True)} }}"
        return r.choice([
            lambda: f"$sum({self.path(0)})", lambda: f"$count({e()})", lambda: f"$string({e()})", lambda: f"$length({self.string()})",
            lambda: f"$uppercase({self.string()})", lambda: f"$substring({self.string()}, {r.randint(-3, 3)}, {r.randint(0, 3)})", lambda: f"$split({self.string()}, {self.string()})",
            lambda: f"$join({self.path(0)}, ',')", lambda: f"$contains({self.string()}, /[a-c]+/)", lambda: f"$replace({self.string()}, /[a-z]/, '<$0>')",
            lambda: f"$map({e()}, {lambda_of()})", lambda: f"$filter({e()}, {lambda_of()})", lambda: f"$reduce({e()}, function($p, $q) {{ $p & $q }})",
            lambda: f"$each({self.path(0)}, function($v, $k) {{ $k }})", lambda: f"$keys({self.path(0)})", lambda: f"$merge({self.path(0)})", lambda: f"$append({e()}, {e()})",
            lambda: f"$exists({self.path(0)})", lambda: f"$boolean({e()})", lambda: f"$not({e()})", lambda: f"$number({self.string()})", lambda: f"$round({r.choice(NUMBERS)}, {r.randint(-1, 2)})",
            lambda: f"$sort({e()})", lambda: f"$reverse({e()})", lambda: f"$distinct({e()})", lambda: f"$type({e()})", lambda: f"$lookup({self.path(0)}, 'n')", lambda: f"$spread({self.path(0)})",
            lambda: f"$max({self.path(0)})", lambda: f"$pad({self.string()}, {r.randint(-6, 6)}, '#')", lambda: f"$zip({e()}, {e()})", lambda: f"$sift({self.path(0)}, {lambda_of()})",
            lambda: f"$formatNumber({r.choice(NUMBERS)}, '#,##0.0#')", lambda: f"$formatInteger({r.randint(0, 5000)}, {json.dumps(r.choice(['w', 'I', 'A', '#,##0', '001', '1;o', 'w;o']))})",
            lambda: f"$fromMillis({r.randint(0, 10**12)}, {json.dumps(r.choice(['[Y]-[M01]-[D01]', '[FNn] [D1o] [MNn,3-3] [Y]', '[H01]:[m01] [P]', '[X]-[W01]-[F1]', '[d] [h]']))})",
        ])()

    def expression(self, depth=3, inside=False):
        r = self.r
        if depth <= 0:
            return r.choice([lambda: r.choice(NUMBERS), self.string, lambda: r.choice(FIELDS), lambda: r.choice(["true", "false", "null", "nothing", "$"] + (["$v", "$v", "$i"] if inside else []))])()
        e = lambda: self.expression(depth - 1, inside)
        return r.choice([
            lambda: self.path(depth), lambda: self.path(depth), lambda: self.path(depth), lambda: self.call(depth), lambda: self.call(depth),
            lambda: f"{e()} {r.choice(['+', '-', '*', '/', '%'])} {e()}", lambda: f"{e()} {r.choice(['=', '!=', '<', '<=', '>', '>='])} {e()}", lambda: f"{e()} & {e()}",
            lambda: f"{e()} {r.choice(['and', 'or'])} {e()}", lambda: f"{e()} in {e()}", lambda: f"{e()} ? {e()} : {e()}", lambda: f"({e()} {r.choice(['?:', '??'])} {e()})",
            lambda: f"[{e()}, {e()}]", lambda: f"[{r.randint(0, 3)}..{r.randint(0, 5)}]", lambda: f"{{{self.string()}: {e()}, 'k': {e()}}}", lambda: f"($x := {e()}; [$x, {e()}])",
            lambda: f"({e()})", lambda: f"{self.path(1)} ~> $count()", lambda: f"items@$o.items.[$o.n, n]", lambda: f"items#$p.[$p, n]", lambda: f"items.items.[%.name, n]",
            lambda: f"$ ~> |items|{{'z': {e()}}}, 'n'|", lambda: f"-({e()})",
        ])()


def ordered(value):
    return json.dumps(value, ensure_ascii=False)


def same(left, right):
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return left == right


def justified(request, ours, theirs):
    """Why a difference is meant to be, or None."""
    source = request["expr"]
    error, mine = theirs.get("error"), ours.get("error")
    if "[null]" in json.dumps(theirs) and "~> |" in source:
        return "a group over an empty list puts an item into that list in the reference"
    if error and error["code"] in ("JS", "U1001"):
        return "the reference fails with an exception of its own, or takes too long"
    if error and error["code"] in ("S0301", "S0302") and not mine:
        return "the reference reads a slash after a bar or a parenthesis as a regular expression"
    if mine and mine["code"] in ("D1012", "U2001", "U2002"):
        return "the work is more than the limits allow"
    if error and mine:
        if error["code"] in ("S0301", "S0302"):
            return "the reference reads a slash after a bar or a parenthesis as a regular expression"
        if error["code"] == mine["code"]:
            # Messages and tokens are our own. Inside a function, or on the right of `and` and `or`, the reference gives the
            # place of the outer operation, we that of the one that failed.
            return "the same error"
        if ("{" in source or "[" in source) and error["code"][0] in "TD" and mine["code"][0] in "TD":
            return "the reference evaluates the members of an object or a list at once, so another one fails first"
    return None


def answers(command, requests, may_crash=False):
    """The answers to requests; None where the reference ran out of memory."""
    found = []
    while len(found) < len(requests):
        text = "".join(json.dumps(request) + "\n" for request in requests[len(found):])
        run = subprocess.run(command, input=text, capture_output=True, text=True)
        found += [json.loads(line) for line in run.stdout.split("\n") if line.strip()]
        if run.returncode == 0:
            break
        if not may_crash:
            sys.exit(f"{command[0]} ended with {run.returncode} at {json.dumps(requests[len(found)])}: {run.stderr[-300:]}")
        found.append(None)
    return found


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", type=pathlib.Path, required=True)
    arguments.add_argument("--count", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    if not os.environ.get("JSONATA_JS") or not shutil.which("node"):
        print("skipped: JSONATA_JS names no checkout of jsonata-js, or there is no node")
        return
    grammar = Grammar(chosen.seed)
    found = 0
    done = 0
    while done < chosen.count:
        requests = [{"id": n, "expr": grammar.expression(grammar.r.randint(1, 4)), "data": grammar.document()} for n in range(min(2_000, chosen.count - done))]
        ours = answers([chosen.binary, "jsonata", "--batch"], requests)
        theirs = answers(["node", HERE / "reference.mjs"], requests, may_crash=True)
        for request, mine, reference in zip(requests, ours, theirs):
            if reference is None:
                continue
            if "result" in mine and "result" in reference and same(mine["result"], reference["result"]):
                continue
            if "undefined" in mine and "undefined" in reference:
                continue
            if justified(request, mine, reference):
                continue
            found += 1
            if found <= 40:
                print(json.dumps({"expr": request["expr"], "data": request["data"], "ours": {k: v for k, v in mine.items() if k != "id"}, "reference": {k: v for k, v in reference.items() if k != "id"}}, ensure_ascii=False)[:1500])
        done += len(requests)
        print(f"{done} expressions, {found} differences", file=sys.stderr)
    sys.exit(1 if found else 0)


main()
