import { parentPort, type MessagePort } from "node:worker_threads";

// A query worker that fails the first query, and with the second neither ends nor looks whether it should.
const port = parentPort as MessagePort;
const failed = { kind: "end", failure: { errorType: "execution", text: "the first fails" } };
const ready = { kind: "ready" };
let queries = 0;
port.on("message", () => {
  if (++queries > 1) for (;;) continue;
  port.postMessage(failed);
});
port.postMessage(ready);
