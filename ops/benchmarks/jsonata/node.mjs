// Measures jsonata-js on a folder of workloads, in the manner of `tributary jsonata --bench`.
// usage: JSONATA_JS=CHECKOUT node node.mjs DIR [--ms N] [--rounds N] [--only NAME]
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const require = createRequire(import.meta.url);
const jsonata = require(path.resolve(process.env.JSONATA_JS, "src/jsonata.js"));
const option = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const folder = process.argv[2];
const milliseconds = Number(option("--ms", 200));
const rounds = Number(option("--rounds", 5));
const only = option("--only", "");

const canonical = (value) => {
  if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
  if (value && typeof value === "object") {
    return "{" + Object.keys(value).sort().map((key) => JSON.stringify(key) + ":" + canonical(value[key])).join(",") + "}";
  }
  return JSON.stringify(value);
};

async function rate(operation) {
  const length = BigInt(milliseconds) * 1_000_000n;
  const start = process.hrtime.bigint();
  for (let count = 0; ; ) {
    await operation();
    count += 1;
    const elapsed = process.hrtime.bigint() - start;
    if (elapsed >= length) return (count * 1e9) / Number(elapsed);
  }
}

async function median(operation) {
  await rate(operation);
  const rates = [];
  for (let round = 0; round < rounds; round += 1) rates.push(await rate(operation));
  return rates.sort((a, b) => a - b)[Math.floor(rounds / 2)];
}

const rows = [];
const file = JSON.parse(fs.readFileSync(path.join(folder, "workloads.json"), "utf8"));
for (const workload of file.workloads.filter((each) => each.name.includes(only))) {
  const text = fs.readFileSync(path.join(folder, workload.input), "utf8");
  const expected = canonical(JSON.parse(fs.readFileSync(path.join(folder, workload.expected), "utf8")));
  const expression = jsonata(workload.expression);
  const input = JSON.parse(text);
  const result = JSON.parse(JSON.stringify(await expression.evaluate(input)));
  if (canonical(result) !== expected) {
    rows.push({ name: workload.name, ok: false });
    continue;
  }
  rows.push({
    name: workload.name,
    ok: true,
    evaluate: { median: await median(() => expression.evaluate(input)) },
    endToEnd: { median: await median(async () => JSON.stringify(await expression.evaluate(JSON.parse(text)))) },
    compile: { median: await median(() => jsonata(workload.expression)) },
  });
}
console.log(JSON.stringify({ engine: "jsonata-js", version: process.version, rows }));
