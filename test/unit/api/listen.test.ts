import { request, type IncomingMessage } from "node:http";
import { afterEach, expect, test } from "vitest";
import { openListeners, type Listeners } from "../../../src/api/listen.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { createRig, evaluated, settings } from "./rig.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(listenAddresses: readonly string[]): Promise<Listeners> {
  const listeners = await openListeners(
    settings(new FakeClock(), { listenAddresses }),
    (_request, response) => {
      response.end("here");
    },
  );
  closers.push(() => listeners.close());
  return listeners;
}

function portOf(address: string): number {
  return Number(/:(\d+)$/.exec(address)![1]);
}

/** Sends a GET to the loopback and gives the answer once its head is there. */
function get(port: number, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, agent: false }, resolve).on("error", reject).end();
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer) text += String(chunk);
  return text;
}

test("every address is listened on, and a port of 0 becomes a real one", async () => {
  const { addresses } = await open(["127.0.0.1:0", "127.0.0.1:0"]);
  expect(addresses).toHaveLength(2);
  for (const address of addresses) expect(await textOf(await get(portOf(address), "/"))).toBe("here");
  expect(portOf(addresses[0]!)).not.toBe(portOf(addresses[1]!));
});

test("an address in use is told, and nothing stays open", async () => {
  const { addresses } = await open(["127.0.0.1:0"]);
  await expect(open(["127.0.0.1:0", addresses[0]!])).rejects.toThrow(
    `Unable to start web listener: listen tcp ${addresses[0]}: bind: address already in use`,
  );
});

test.each(["9090", "127.0.0.1", "a b", "127.0.0.1:x"])("%j is no address", async (address) => {
  await expect(open([address])).rejects.toThrow(
    `Unable to start web listener: "${address}" is not <host>:<port>`,
  );
});

test("a client that leaves in the middle of a large answer stops its encoding, and the server goes on", async () => {
  const { server, answers } = await createRig({ listenAddresses: ["127.0.0.1:0"] });
  closers.push(() => server.close());
  const ended = Promise.withResolvers<number>();
  function* chunks(): Generator<Uint8Array> {
    let made = 0;
    try {
      for (; made < 10_000; made++) yield Buffer.alloc(100_000, "x");
    } finally {
      ended.resolve(made);
    }
  }
  answers.query = () => ({ ...evaluated(""), data: { first: Buffer.from('"'), rest: chunks() } });
  const port = portOf((await server.listen())[0]!);
  const answer = await get(port, "/api/v1/query?query=x");
  answer.once("data", () => answer.destroy());
  expect(await ended.promise).toBeLessThan(1000);
  expect(await textOf(await get(port, "/-/healthy"))).toBe("Prometheus Server is Healthy.\n");
});
