import { createServer } from "node:http";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { portOf } from "../../examples/docker-course/stub-dns.ts";
import { NARTHEX, runToEnd, scratchFolder, startServer } from "../support/server-process.ts";

let folder = "";
beforeEach(() => {
  folder = scratchFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a server that must end by itself; its lines at error level. */
async function startBadly(
  config: string,
  {
    data = join(folder, "data"),
    address = "127.0.0.1:0",
  }: { readonly data?: string; readonly address?: string } = {},
) {
  const file = join(folder, "prometheus.yml");
  writeFileSync(file, config);
  const { code, err } = await runToEnd(NARTHEX, [
    `--config.file=${file}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=${address}`,
  ]);
  return { code, errors: err.split("\n").filter((line) => line.includes("level=ERROR")), err };
}

test.each([
  ["broken YAML", "global: {\n", /prometheus\.yml:\d+:\d+/],
  [
    "an unknown key",
    "global:\n  scrape_intervall: 5s\n",
    /prometheus\.yml:2:3.*scrape_intervall.*did you mean.*scrape_interval/,
  ],
  ["a bad duration", "global:\n  scrape_interval: 5\n", /prometheus\.yml:2:20.*not a valid duration string/],
])("%s: one clear line, exit code 1, nothing started", async (_what, config, expected) => {
  const { code, errors } = await startBadly(config);
  expect([code, errors.length]).toEqual([1, 1]);
  expect(errors[0]).toMatch(expected);
  expect(existsSync(join(folder, "data"))).toBe(false);
});

test("a port in use: one clear line, exit code 1", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { code, errors } = await startBadly("", { address: `127.0.0.1:${portOf(other)}` });
  await new Promise((resolve) => other.close(resolve));
  expect([code, errors.length]).toEqual([1, 1]);
  expect(errors[0]).toMatch(/Unable to start web listener.*address already in use/);
});

test("a data directory that cannot be written: one clear line, exit code 1", async () => {
  writeFileSync(join(folder, "data"), "a file where a directory should be");
  const { code, errors } = await startBadly("");
  expect([code, errors.length]).toEqual([1, 1]);
  expect(errors[0]).toMatch(/opening storage failed.*data/);
});

test("a second server on the same directory: one clear line, exit code 1, and the first goes on", async () => {
  const first = await startServer({ command: NARTHEX, config: "" });
  try {
    const { code, errors } = await startBadly("", { data: join(first.folder, "data") });
    expect([code, errors.length]).toEqual([1, 1]);
    expect(errors[0]).toMatch(/opening storage failed: lock DB directory: resource temporarily unavailable/);
    expect((await fetch(`${first.base}/-/healthy`)).status).toBe(200);
    expect(await first.stop()).toBe(0);
    expect(first.log()).toContain("See you next time!");
  } finally {
    await first.remove();
  }
});

test("an unknown flag is refused with a hint, exit code 2", async () => {
  const { code, err } = await runToEnd(NARTHEX, ["--config.fil=x"]);
  expect(code).toBe(2);
  expect(err).toMatch(/--config\.fil\b.*--config\.file/);
});
