import { describe, expect, test } from "vitest";
import { closestName } from "../../../src/config/closest-name.ts";

const NAMES = ["scrape_interval", "scrape_timeout", "scheme", "params", "job_name"];

describe("the name that was probably meant", () => {
  test.each([
    ["scrape_intervall", "scrape_interval"],
    ["scrape_interval", "scrape_interval"],
    ["scarpe_timeout", "scrape_timeout"],
    ["schema", "scheme"],
    ["param", "params"],
    ["jobname", "job_name"],
    ["jbo_name", "job_name"],
    ["targets", undefined],
    ["x", undefined],
    ["", undefined],
  ])("for %j is %j", (text, expected) => {
    expect(closestName(text, NAMES)).toBe(expected);
  });
});
