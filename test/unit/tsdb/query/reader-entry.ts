// A thread that opens selections of another one and says what it reads in them, again and again.
import { parentPort } from "node:worker_threads";
import { SelectionOpener } from "../../../../src/tsdb/query/selection-opener.ts";
import type { HeadUpdate } from "../../../../src/tsdb/head/head-view.ts";
import type { SelectionDescription } from "../../../../src/tsdb/query/selection.ts";
import { readAll } from "./read-all.ts";

const opener = new SelectionOpener({ cacheBytes: 2 ** 20 });
const port = parentPort!;

interface Request {
  readonly id: number;
  readonly update: HeadUpdate | undefined;
  readonly description: SelectionDescription;
}

port.on("message", ({ id, update, description }: Request) => {
  if (update !== undefined) opener.update(update);
  const selection = opener.open(description);
  const answers = new Set<string>();
  for (let turn = 0; turn < 3; turn++) answers.add(JSON.stringify(readAll(selection)));
  selection.close();
  port.postMessage({ id, answers: [...answers] });
});
