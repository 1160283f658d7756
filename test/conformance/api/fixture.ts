import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { startNarthex } from "../../../src/index.ts";
import { activeTargets } from "../../support/api-client.ts";
import { eventually } from "../../support/server-process.ts";
import { pathOf, type FixtureName, type Instruments } from "./instruments.ts";

/** The server as it was when the exchanges of a fixture were recorded, in this process. */
export interface Fixture {
  readonly base: string;
  /** Its folder as answers show it, with a slash at the end; the recorded server was started in its own. */
  readonly folder: string;
  close(): Promise<void>;
}

const PAGES_PORT = 25401; // As the recorded configuration names it; connections end up elsewhere.
const PAGES: Readonly<Record<string, string>> = {
  "/metrics": "fixed.prom",
  "/node": "node.prom",
  "/broken": "broken.prom",
};
const TARGETS = 4; // Of the live configuration, those that are dropped not counted.

/** Where queries run. */
export type QueryPlace = "the main thread" | "a worker";

export async function startFixture(
  name: FixtureName,
  instruments: Instruments,
  place: QueryPlace,
): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), "narthex-recordings-"));
  const shown = relative(process.cwd(), folder);
  copyFileSync(pathOf(`api/fixtures/${name}.yml`), join(folder, "prometheus.yml"));
  copyFileSync(pathOf("api/fixtures/rules.yml"), join(folder, "rules.yml"));
  const pages = await servePages();
  const pagesPort = (pages.address() as AddressInfo).port;
  const narthex = await startNarthex({
    flags: [
      `--config.file=${join(shown, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(shown, "data")}`,
      "--web.listen-address=127.0.0.1:0",
      `--query.workers=${place === "a worker" ? 1 : 0}`,
      ...instruments.FLAGS[name],
    ],
    inlineQueryMs: 0,
    dial: (host, port) => ({ host, port: port === PAGES_PORT ? pagesPort : port }),
  });
  const fixture: Fixture = {
    base: narthex.base,
    folder: `${shown}/`,
    async close() {
      await narthex.close();
      pages.closeAllConnections();
      pages.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    if (name === "data") await instruments.prepare(name, narthex.base);
    else await untilScraped(narthex.base);
  } catch (error) {
    await fixture.close();
    throw error;
  }
  return fixture;
}

async function servePages(): Promise<Server> {
  const server = createServer((request, response) => {
    const file = PAGES[new URL(request.url!, "http://pages").pathname];
    response.writeHead(file === undefined ? 404 : 200, {
      "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
    });
    response.end(file === undefined ? "not found\n" : readFileSync(pathOf(`api/fixtures/${file}`)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function untilScraped(base: string): Promise<void> {
  await eventually("every target to have been scraped", async () => {
    const targets = await activeTargets(base);
    return targets.length === TARGETS && targets.every(({ health }) => health !== "unknown")
      ? true
      : undefined;
  });
}
