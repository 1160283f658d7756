import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runDiscovery, type Running } from "./running.ts";

let folder = "";
let running: Running;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "narthex-file-sd-"));
});
afterEach(async () => {
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => join(folder, name);

function start(patterns: readonly string[], refreshIntervalMs = 300_000): void {
  running = runDiscovery({ file: [{ files: patterns.map(at), refreshIntervalMs }] });
}

/** Moves the clock until the watcher's news have settled and were read. */
async function settled(count: number): Promise<void> {
  while (running.updateCount() < count) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    await running.clock.advance(100);
  }
}

const target = (file: string, address: string, labels = {}) => ({
  __address__: address,
  __meta_filepath: at(file),
  ...labels,
});

test("groups of JSON and YAML files, with their path", async () => {
  writeFileSync(at("a.json"), '[{"targets": ["a:1", "b:2"], "labels": {"env": "x"}}, {"Targets": ["c:3"]}]');
  writeFileSync(at("b.yml"), "- targets: [d:4]\n  labels: {env: 7}\n");
  writeFileSync(at("c.txt"), "not for us");
  start(["*.json", "b.yml"]);
  await running.updates(1);
  expect(running.groups()).toEqual({
    [`${at("a.json")}:0`]: [target("a.json", "a:1", { env: "x" }), target("a.json", "b:2", { env: "x" })],
    [`${at("a.json")}:1`]: [target("a.json", "c:3")],
    [`${at("b.yml")}:0`]: [target("b.yml", "d:4", { env: "7" })],
  });
});

test("a change is seen at once, also by renaming; what is gone is forgotten", async () => {
  writeFileSync(at("a.json"), '[{"targets": ["a:1"]}, {"targets": ["b:1"]}]');
  start(["*.json"], 0);
  await running.updates(1);
  writeFileSync(at("next"), '[{"targets": ["a:2"]}]');
  renameSync(at("next"), at("a.json"));
  await settled(2);
  expect(running.groups()).toEqual({ [`${at("a.json")}:0`]: [target("a.json", "a:2")] });
  rmSync(at("a.json"));
  await settled(3);
  expect(running.groups()).toEqual({});
});

test.each([
  ['[{"targets": ["a:2"]', "cut short"],
  ['[{"targets": ["a:2"], "extra": 1}]', "an unknown field"],
  ["[null]", "a null group"],
  ['[{"targets": [5]}]', "a number for a target"],
  ['[{"targets": [], "labels": {"": "x"}}]', "an empty label name"],
  ['{"targets": []}', "no list"],
])("%s keeps the last targets (%s)", async (text) => {
  writeFileSync(at("a.json"), '[{"targets": ["a:1"]}]');
  start(["a.json"]);
  await running.updates(1);
  writeFileSync(at("a.json"), text);
  await settled(2);
  expect(running.groups()).toEqual({ [`${at("a.json")}:0`]: [target("a.json", "a:1")] });
  expect(running.counters.fileReadErrors).toBe(1);
});

test("YAML is as strict", async () => {
  writeFileSync(at("a.yaml"), "- targets: [a:1]\n  other: 1\n");
  start(["a.yaml"]);
  await running.updates(1);
  expect(running.groups()).toEqual({});
  expect(running.counters.fileReadErrors).toBe(1);
});

test("a directory that comes later is found with the next refresh", async () => {
  start(["later/*.json"], 60_000);
  while (running.clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  mkdirSync(at("later"));
  writeFileSync(at("later/a.json"), '[{"targets": ["a:1"]}]');
  await running.clock.advance(60_000);
  await running.updates(1);
  expect(Object.keys(running.groups())).toEqual([`${at("later/a.json")}:0`]);
});
