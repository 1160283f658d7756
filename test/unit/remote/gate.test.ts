import { expect, test } from "vitest";
import { Gate } from "../../../src/remote/gate.ts";

interface Job {
  readonly done: Promise<string>;
  readonly finish: () => void;
}

function start(gate: Gate, name: string, started: string[]): Job {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = gate.run(async () => {
    started.push(name);
    await promise;
    return name;
  });
  return { done, finish: resolve };
}

test("no more than the limit are inside, the others come in order", async () => {
  const gate = new Gate(2);
  const started: string[] = [];
  const jobs = ["a", "b", "c", "d"].map((name) => start(gate, name, started));
  expect([started, gate.load]).toEqual([["a", "b"], 4]);
  jobs[1]!.finish();
  expect(await jobs[1]!.done).toBe("b");
  expect([started, gate.load]).toEqual([["a", "b", "c"], 3]);
  for (const job of jobs) job.finish();
  expect(await Promise.all(jobs.map(({ done }) => done))).toEqual(["a", "b", "c", "d"]);
  expect(gate.load).toBe(0);
});

test("who fails leaves too", async () => {
  const gate = new Gate(1);
  await expect(gate.run(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await gate.run(() => Promise.resolve("next"))).toBe("next");
});

test("a limit of 0 is none", () => {
  const gate = new Gate(0);
  const started: string[] = [];
  for (const name of ["a", "b", "c"]) start(gate, name, started);
  expect(started).toEqual(["a", "b", "c"]);
});
