import { expect, test } from "vitest";
import { nextAtPhase, phaseOf, Schedule, scrapeTime, TICK_MS } from "../../../src/scrape/schedule.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** A clock whose wall time can be set while the monotonic one goes on. */
class SettableClock extends FakeClock {
  #offsetMs = 0;
  override now(): number {
    return super.now() + this.#offsetMs;
  }
  setBy(offsetMs: number): void {
    this.#offsetMs += offsetMs;
  }
}

const done = (): Promise<void> => Promise.resolve();

test("a task runs at its phase in every interval", async () => {
  const clock = new FakeClock(100_000);
  const planned: number[] = [];
  const task = new Schedule(clock).add(1000, 250, (at) => {
    planned.push(at);
    return done();
  });
  expect(task.nextMs()).toBe(100_250);
  await clock.advance(3000);
  expect(planned).toEqual([100_250, 101_250, 102_250]);
  task.cancel();
  await clock.advance(3000);
  expect(planned).toHaveLength(3);
});

test("tasks that are due together share one timer", async () => {
  const clock = new FakeClock(0);
  const schedule = new Schedule(clock);
  const order: string[] = [];
  for (const name of ["a", "b", "c"]) {
    schedule.add(1000, 10, () => {
      order.push(name);
      return done();
    });
  }
  schedule.add(700, 10, () => {
    order.push("d");
    return done();
  });
  expect(clock.pending).toBe(1);
  await clock.advance(1100);
  expect(order).toEqual(["a", "b", "c", "d", "d", "a", "b", "c"]);
  expect(clock.pending).toBe(1);
  schedule.stop();
  expect(clock.pending).toBe(0);
});

test("a task that overruns is run once more at once and then on schedule", async () => {
  const clock = new FakeClock(0);
  const starts: [plannedMs: number, atMs: number][] = [];
  const first = Promise.withResolvers<void>();
  new Schedule(clock).add(1000, 0, (at) => {
    starts.push([at, clock.now()]);
    return starts.length > 1 ? done() : first.promise;
  });
  await clock.advance(3500);
  first.resolve();
  await clock.advance(1000);
  expect(starts).toEqual([
    [0, 0],
    [3000, 3500],
    [4000, 4000],
  ]);
});

test("ticks missed while the machine slept are not made up", async () => {
  const clock = new SettableClock(0);
  const planned: number[] = [];
  const task = new Schedule(clock).add(1000, 0, (at) => {
    planned.push(at);
    return done();
  });
  await clock.advance(1000);
  clock.setBy(10_000);
  await clock.advance(1000);
  expect(planned).toEqual([0, 1000, 12_000]);
  expect(task.nextMs()).toBe(13_000);
});

test("a wall clock that is set back does not hold tasks up", async () => {
  const clock = new SettableClock(10_000_000);
  const planned: number[] = [];
  new Schedule(clock).add(1000, 0, (at) => {
    planned.push(at);
    return done();
  });
  await clock.advance(1000);
  clock.setBy(-3_600_000);
  await clock.advance(3000);
  expect(planned).toEqual([10_000_000, 10_001_000, 6_402_000, 6_403_000, 6_404_000]);
});

test("the next moment of a phase is exact for times with fractions", () => {
  expect(nextAtPhase(1_700_000_000_000.25, 15_000, 4990)).toBe(1_700_000_014_990);
  expect(nextAtPhase(4990, 15_000, 4990)).toBe(4990);
  expect(nextAtPhase(4990.5, 15_000, 4990)).toBe(19_990);
});

test("phases spread over the interval in ticks, and depend on target and server", () => {
  const phases = Array.from({ length: 1000 }, (_, i) => phaseOf(`target ${i}`, "host", 15_000));
  expect(phases.every((phase) => phase % TICK_MS === 0 && phase >= 0 && phase < 15_000)).toBe(true);
  const perSecond = Array.from(
    { length: 15 },
    (_, s) => phases.filter((p) => Math.floor(p / 1000) === s).length,
  );
  expect(Math.min(...perSecond)).toBeGreaterThan(40);
  expect(Math.max(...perSecond)).toBeLessThan(100);
  expect(phaseOf("target 1", "host", 15_000)).toBe(phases[1]);
  expect(phaseOf("target 1", "other host", 15_000)).not.toBe(phases[1]);
  expect(phaseOf("target 1", "host", 5)).toBeLessThan(5);
});

const TIMES: readonly (readonly [string, number, number, number, number])[] = [
  ["a start on time", 1000, 1000, 1000, 1000],
  ["a start within the tolerance", 1000, 1001.9, 10_000, 1000],
  ["a start beyond it", 1000, 1002.1, 10_000, 1002],
  ["a start beyond a hundredth of a short interval", 1000, 1001.5, 100, 1001],
  ["a start that missed ticks but is near one", 1000, 31_001, 10_000, 31_000],
  ["a start slightly early", 1000, 999.5, 10_000, 1000],
];

test.each(TIMES)("%s gets its time", (_, plannedMs, startMs, intervalMs, expected) => {
  expect(scrapeTime({ plannedMs, startMs }, intervalMs, { align: true, toleranceMs: 2 })).toBe(expected);
});

test("without alignment the start is the time", () => {
  expect(scrapeTime({ plannedMs: 1000, startMs: 1001.9 }, 10_000, { align: false, toleranceMs: 2 })).toBe(
    1001,
  );
});
