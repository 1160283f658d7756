import { expect, test } from "vitest";
import { anchorTime, systemClock } from "../../../src/base/index.ts";

const START = 1_700_000_000_000;

/** Time of which the wall's part may be set. */
function settable() {
  const machine = { wallMs: START, monotonicMs: 50 };
  const time = anchorTime({ wall: () => machine.wallMs, monotonic: () => machine.monotonicMs });
  return {
    time,
    machine,
    pass: (ms: number): void => {
      machine.wallMs += ms;
      machine.monotonicMs += ms;
    },
  };
}

test("goes on with the monotonic clock", () => {
  const { time, pass } = settable();
  expect(time.now()).toBe(START);
  pass(1234.5);
  expect(time.now()).toBe(START + 1234.5);
  expect(time.steps()).toBe(0);
});

test.each([
  ["an hour ahead", 3_600_000],
  ["an hour back", -3_600_000],
  ["five years ahead", 5 * 365 * 86_400_000],
  ["back to 1970", -START],
  ["a second and a bit", 1001],
])("set %s it follows at once and counts a step", (_name, ms) => {
  const { time, machine, pass } = settable();
  time.now();
  machine.wallMs += ms;
  expect(time.now()).toBe(START + ms);
  expect(time.steps()).toBe(1);
  pass(10);
  expect(time.now()).toBe(START + ms + 10);
  expect(time.steps()).toBe(1);
});

test.each([
  ["ahead", 600],
  ["back", -600],
])("set a little %s it goes faster or slower until it agrees, and never back", (_name, ms) => {
  const { time, machine, pass } = settable();
  time.now();
  machine.wallMs += ms;
  let before = time.now();
  for (let i = 0; i < 200; i++) {
    pass(1000);
    const now = time.now();
    expect(Math.abs(now - before - 1000)).toBeLessThanOrEqual(5.001);
    before = now;
  }
  expect(Math.abs(machine.wallMs - before)).toBeLessThanOrEqual(5);
  expect(time.steps()).toBe(0);
});

test("the machine's clock is near Date.now()", () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
  expect(systemClock.steps?.()).toBe(0);
});
