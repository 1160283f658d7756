import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { EXPECTED_FAILURES } from "./expected-failures.ts";
import { runScript, type Case } from "./run.ts";
import { buildDescribed, buildNaive, buildProduct, type StoreBuilder } from "./store.ts";

// The Prometheus project's engine tests, run in this process. They lie beside the repository and not in it.

const DIRECTORY = new URL("../../../../shared/conformance/promqltest/", import.meta.url);
const isPresent = existsSync(DIRECTORY);
const files = isPresent ? readdirSync(DIRECTORY).filter((name) => name.endsWith(".test")) : [];

function expectedLines(file: string): number[] {
  const listed = EXPECTED_FAILURES.filter((failure) => failure.file === file);
  return listed.flatMap(({ lines }) => lines).toSorted((a, b) => a - b);
}

/** The first fault of each failing line. */
function faultsByLine(cases: readonly Case[]): Map<number, string> {
  const faults = new Map<number, string>();
  for (const { line, name, query, fault } of cases) {
    if (fault !== undefined && !faults.has(line)) faults.set(line, `${name}: ${query}: ${fault}`);
  }
  return faults;
}

const stores: [name: string, build: StoreBuilder][] = [
  ["a naive store", buildNaive],
  ["our own store", buildProduct],
  ["our own store from another thread", buildDescribed],
];

describe.each(stores)("Prometheus's engine tests over %s (needs ../shared/conformance)", (_, build) => {
  it.skipIf(!isPresent).each(isPresent ? files : ["all of them"])("%s", async (file) => {
    const cases = await runScript(readFileSync(new URL(file, DIRECTORY), "utf8"), build);
    const faults = faultsByLine(cases);
    const evals = new Set(cases.map(({ line }) => line));
    const failedCases = cases.filter(({ fault }) => fault !== undefined).length;
    const expected = expectedLines(file);
    const surprises = [...faults].filter(([line]) => !expected.includes(line)).map(([, fault]) => fault);
    const summary = `${evals.size - faults.size} of ${evals.size} evals, ${cases.length - failedCases} of ${cases.length} checks pass`;
    console.info(`${file}: ${summary}`);
    expect(surprises).toEqual([]);
    expect([...faults.keys()].toSorted((a, b) => a - b)).toEqual(expected);
  });
});

describe("the files of the engine tests", () => {
  it("are the ones that expected failures name", () => {
    const unknown = EXPECTED_FAILURES.filter(({ file }) => isPresent && !files.includes(file));
    expect(unknown).toEqual([]);
  });

  const verdict = isPresent ? "are found beside the repository" : "ARE LEFT OUT, there is no";
  it(`${verdict}: ${fileURLToPath(DIRECTORY)}`, () => {
    expect(files.length > 0).toBe(isPresent);
  });
});
