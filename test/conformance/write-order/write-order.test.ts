import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compareAnswers, ourAnswers, type Answers } from "./answers.ts";

// Remote writes in and out of order, against what Prometheus 3.5.3 said to them and kept (record.ts).
const recorded = JSON.parse(readFileSync(new URL("recorded.json", import.meta.url), "utf8")) as Record<
  string,
  Answers
>;

test.each(Object.entries(recorded))("scenario %s is answered as recorded", async (seed, theirs) => {
  expect(compareAnswers(Number(seed), theirs, await ourAnswers(Number(seed)))).toEqual([]);
});
