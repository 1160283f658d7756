import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { bitsOf, fillAbsent, labelsFromEntries, type Labels } from "../../../src/model/index.ts";

/** One target's scrapes as a table. */
export interface Capture {
  readonly times: Float64Array; // Millis, one second apart.
  readonly columns: readonly { readonly labels: Labels; readonly values: Float64Array }[];
}

/** Runs a node_exporter and scrapes it each second; the series get a job and an instance. */
export async function captureExporter(binary: string, seconds: number): Promise<Capture> {
  const port = await freePort();
  const exporter = spawn(binary, [`--web.listen-address=127.0.0.1:${port}`], { stdio: "ignore" });
  const columns = new Map<string, Float64Array>();
  try {
    await until(() => fetch(`http://127.0.0.1:${port}/metrics`));
    const start = Date.now();
    for (let row = 0; row < seconds; row++) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, start + row * 1000 - Date.now())));
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
      for (const line of (await answer.text()).split("\n")) {
        if (line === "" || line.startsWith("#")) continue;
        const space = line.lastIndexOf(" ");
        const name = line.slice(0, space);
        let values = columns.get(name);
        if (values === undefined) {
          values = new Float64Array(seconds);
          fillAbsent(bitsOf(values), 0, seconds);
          columns.set(name, values);
        }
        values[row] = Number(line.slice(space + 1));
      }
    }
    return {
      times: Float64Array.from({ length: seconds }, (_, row) => start + row * 1000),
      columns: [...columns].map(([name, values]) => ({ labels: parseName(name), values })),
    };
  } finally {
    exporter.kill();
  }
}

function parseName(text: string): Labels {
  const entries: [string, string][] = [
    ["__name__", text.replace(/\{.*/, "")],
    ["job", "node"],
    ["instance", "host-1:9100"],
  ];
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) entries.push([name!, value!]);
  return labelsFromEntries(entries);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(attempt: () => Promise<unknown>): Promise<void> {
  for (let left = 100; ; left--) {
    try {
      await attempt();
      return;
    } catch (thrown) {
      if (left === 0) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
