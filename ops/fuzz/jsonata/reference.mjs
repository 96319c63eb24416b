// Answers the batch protocol of `tributary jsonata --batch` with jsonata-js: one request per line, one answer per line.
// usage: JSONATA_JS=CHECKOUT node reference.mjs < requests
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";

const require = createRequire(import.meta.url);
const jsonata = require(path.resolve(process.env.JSONATA_JS, "src/jsonata.js"));

// The reference runs a time limit as its harness does: by counting on entry of each node.
function limit(expression, milliseconds) {
  const end = Date.now() + milliseconds;
  let depth = 0;
  expression.assign("__evaluate_entry", () => {
    depth += 1;
    if (depth > 500) throw { code: "U1001" };
    if (Date.now() > end) throw { code: "U1001" };
  });
  expression.assign("__evaluate_exit", () => {
    depth -= 1;
  });
}

async function answer(request) {
  try {
    const expression = jsonata(request.expr);
    limit(expression, 1000);
    const result = await expression.evaluate(request.data, request.bindings);
    if (result === undefined || typeof result === "function" || (result && result._jsonata_lambda)) {
      return { id: request.id, undefined: true };
    }
    JSON.stringify(result); // fails for a result that contains itself
    return { id: request.id, result };
  } catch (error) {
    return {
      id: request.id,
      error: { code: error.code ?? "JS", position: error.position, token: String(error.token ?? ""), message: String(error.message ?? "") },
    };
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  if (line) console.log(JSON.stringify(await answer(JSON.parse(line))));
}
