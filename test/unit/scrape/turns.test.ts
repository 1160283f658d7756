import { expect, test } from "vitest";
import { runInTurns } from "../../../src/scrape/turns.ts";

class StepClock {
  #nowMs = 0;

  monotonic(): number {
    return this.#nowMs;
  }

  skip(ms: number): void {
    this.#nowMs += ms;
  }
}

/** Steps that each take `stepMs`; tells of those that were run. */
function* stepsOf(
  clock: StepClock,
  count: number,
  stepMs: number,
  run: number[],
): Generator<undefined, string> {
  for (let step = 0; step < count; step++) {
    run.push(step);
    clock.skip(stepMs);
    yield;
  }
  return "done";
}

test("short work ends before anything else has its turn", async () => {
  const clock = new StepClock();
  const run: number[] = [];
  const ended = runInTurns(stepsOf(clock, 5, 1, run), clock, () => false);
  expect(run).toHaveLength(5);
  expect(await ended).toBe("done");
});

test("long work lets others have their turns", async () => {
  const clock = new StepClock();
  const run: number[] = [];
  let othersTurns = 0;
  let isOver = false;
  const others = (): void => {
    othersTurns++;
    if (!isOver) setImmediate(others);
  };
  const ended = runInTurns(stepsOf(clock, 20, 5, run), clock, () => false);
  expect(run).toHaveLength(2);
  setImmediate(others);
  expect(await ended).toBe("done");
  isOver = true;
  expect(othersTurns).toBeGreaterThan(5);
});

test("work that is no longer wanted stops at its next turn", async () => {
  const clock = new StepClock();
  const run: number[] = [];
  let wanted = true;
  const ended = runInTurns(stepsOf(clock, 20, 5, run), clock, () => !wanted);
  wanted = false;
  expect(await ended).toBeUndefined();
  expect(run).toHaveLength(2);
});
