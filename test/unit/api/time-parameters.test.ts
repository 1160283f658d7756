import { describe, expect, test } from "vitest";
import {
  engineMillis,
  isBefore,
  lookupMillis,
  millisBetween,
  parseApiDuration,
  parseTime,
} from "../../../src/api/time-parameters.ts";

describe("a time becomes milliseconds for the engine", () => {
  test.each([
    ["0", 0],
    ["4", 4000],
    ["1793501580", 1_793_501_580_000],
    ["1793501580.123", 1_793_501_580_123],
    ["1793501580.1234", 1_793_501_580_123],
    ["1793501580.1236", 1_793_501_580_124],
    ["1.79350158e9", 1_793_501_580_000],
    ["-1", -1000],
    ["-1.5", -1500],
    ["0x10p1", 32_000],
    ["2026-11-01T02:53:00Z", 1_793_501_580_000],
    ["2026-11-01T02:53:00.123456789Z", 1_793_501_580_123],
    ["2026-11-01T04:53:00+02:00", 1_793_501_580_000],
    ["2026-10-31T23:23:00-03:30", 1_793_501_580_000],
    ["0001-01-01T00:00:00Z", -6_795_364_578_871],
    ["9223372036854775807", 0],
    ["NaN", -9_223_372_036_854],
    ["1795329000000", 5_994_824_850_173],
  ])("%s", (text, expected) => expect(engineMillis(parseTime(text))).toBe(expected));
});

test("every millisecond of a second is kept", () => {
  const wrong: number[] = [];
  for (let ms = 0; ms < 1000; ms++) {
    const text = `1793501580.${String(ms).padStart(3, "0")}`;
    if (lookupMillis(parseTime(text)) !== 1_793_501_580_000 + ms) wrong.push(ms);
  }
  expect(wrong).toEqual([]);
});

describe("a time for a look-up is drawn in to the safe integers", () => {
  test.each([
    ["1795329000000", 1_795_329_000_000_000],
    ["-292273086-05-16T16:47:06Z", Number.MIN_SAFE_INTEGER],
    ["292277025-08-18T07:12:54.999999999Z", Number.MAX_SAFE_INTEGER],
  ])("%s", (text, expected) => expect(lookupMillis(parseTime(text))).toBe(expected));
});

describe("what is no time is refused", () => {
  test.each([
    "",
    "abc",
    "yesterday",
    "2026-11-01",
    "2026-11-01T02:53:00",
    "2026-13-01T02:53:00Z",
    "2026-02-30T02:53:00Z",
    "2026-11-01T24:00:00Z",
    "2026-11-01t02:53:00z",
    "1e999",
  ])("%s", (text) => {
    expect(() => parseTime(text)).toThrow(`cannot parse "${text}" to a valid timestamp`);
  });
});

test("times are compared with their fractions", () => {
  expect(isBefore(parseTime("1.5"), parseTime("2"))).toBe(true);
  expect(isBefore(parseTime("2"), parseTime("2"))).toBe(false);
  expect(isBefore(parseTime("-1.2"), parseTime("-1.5"))).toBe(false);
  expect(millisBetween(parseTime("10"), parseTime("11.5"))).toBe(1500);
});

describe("a duration becomes milliseconds", () => {
  test.each([
    ["15", 15_000],
    ["15.5", 15_500],
    ["0.0001", 0.1],
    ["-30", -30_000],
    ["1m", 60_000],
    ["1h30m", 5_400_000],
    ["1m0s", 60_000],
    ["500ms", 500],
    ["1y", 31_536_000_000],
  ])("%s", (text, expected) => expect(parseApiDuration(text)).toBeCloseTo(expected, 9));
});

describe("what is no duration is refused", () => {
  test.each([
    ["x", 'cannot parse "x" to a valid duration'],
    ["", 'cannot parse "" to a valid duration'],
    ["-30s", 'cannot parse "-30s" to a valid duration'],
    ["1e300", 'cannot parse "1e300" to a valid duration. It overflows int64'],
  ])("%s", (text, message) => {
    let thrown = "";
    try {
      parseApiDuration(text);
    } catch (error) {
      thrown = (error as Error).message;
    }
    expect(thrown).toBe(message);
  });
});
