import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { portOf } from "../../examples/docker-course/stub-dns.ts";
import { activeTargets, getData } from "../support/api-client.ts";
import { eventually, NARTHEX, startServer, type ServerProcess } from "../support/server-process.ts";

let scrapes = 0;
const target = createServer((_request, response) => {
  response.setHeader("content-type", "text/plain; version=0.0.4");
  response.end(`scrapes ${++scrapes}\n`);
});
let server: ServerProcess;

beforeAll(async () => {
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  server = await startServer({
    command: NARTHEX,
    config: configOf("one"),
    flags: ["--web.enable-lifecycle", "--config.auto-reload", "--config.auto-reload-interval=1h"],
  });
});
afterAll(async () => {
  await server.remove();
  await new Promise((resolve) => target.close(resolve));
});

function configOf(...jobs: string[]): string {
  return JSON.stringify({
    global: { scrape_interval: "100ms" },
    scrape_configs: jobs.map((job_name) => ({
      job_name,
      static_configs: [{ targets: [`127.0.0.1:${portOf(target)}`] }],
    })),
  });
}

const write = (config: string): void => writeFileSync(join(server.folder, "prometheus.yml"), config);
const jobs = async (): Promise<string> =>
  (await activeTargets(server.base)).map(({ scrapePool }) => scrapePool).join(" ");

test("a request to reload applies the new configuration, and what did not change goes on", async () => {
  await eventually("a first scrape", () => (scrapes > 2 ? true : undefined));
  write(configOf("one", "two"));
  const response = await fetch(`${server.base}/-/reload`, { method: "POST" });
  expect([response.status, await response.text()]).toEqual([200, ""]);
  expect(await jobs()).toBe("one two");
  const { result } = await getData<{ result: { values: [number, string][] }[] }>(server.base, "query", {
    query: 'up{job="one"}[1m]',
  });
  const gaps = result[0]!.values.map(([time], index, all) => (index === 0 ? 0 : time - all[index - 1]![0]));
  expect(Math.max(...gaps)).toBeLessThan(1);
});

test("SIGHUP reloads too", async () => {
  write(configOf("three"));
  server.child.kill("SIGHUP");
  expect(
    await eventually("the new job", async () => ((await jobs()) === "three" ? "three" : undefined)),
  ).toBe("three");
});

test("a bad configuration changes nothing and says where it is wrong", async () => {
  write("global:\n  scrape_intervall: 5s\n");
  const response = await fetch(`${server.base}/-/reload`, { method: "POST" });
  expect(response.status).toBe(500);
  expect(await response.text()).toMatch(
    /failed to reload config: .*prometheus\.yml:2:3: global\.scrape_intervall/s,
  );
  expect(await jobs()).toBe("three");
  const metrics = await (await fetch(`${server.base}/metrics`)).text();
  expect(metrics).toMatch(/^prometheus_config_last_reload_successful 0$/m);
});
