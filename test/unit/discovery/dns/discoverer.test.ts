import { afterEach, beforeEach, expect, test } from "vitest";
import { startStubDns, type StubDns } from "../../../../examples/docker-course/stub-dns.ts";
import { silentLogger } from "../../../../src/base/index.ts";
import { NO_DISCOVERY } from "../../../../src/config/index.ts";
import { createDiscoveryCounters, discoverersFor } from "../../../../src/discovery/index.ts";
import { labelsToRecord, type TargetGroup } from "../../../../src/model/index.ts";
import { HttpClient } from "../../../../src/net/index.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

let dns: StubDns;
beforeEach(async () => {
  dns = await startStubDns();
});
afterEach(() => dns.close());

/** Runs the discoverer for `accesslog` and gives what each refresh delivered. */
async function refreshes(
  steps: readonly (() => void)[],
): Promise<{ addresses: string[][]; failures: number }> {
  const clock = new FakeClock();
  const counters = createDiscoveryCounters();
  const [entry] = discoverersFor({
    clock,
    logger: silentLogger,
    counters,
    nameservers: [dns],
    userAgent: "test",
    environment: {},
    createClient: (options) => new HttpClient(options),
  })({
    ...NO_DISCOVERY,
    dns: [{ names: ["accesslog"], type: "A", port: 80, refreshIntervalMs: 1000 }],
  });
  const known = new Map<string, TargetGroup>();
  const addresses: string[][] = [];
  const abort = new AbortController();
  const waiting: (() => void)[] = [];
  const running = entry!.create().run((groups) => {
    for (const group of groups) known.set(group.source, group);
    addresses.push(
      [...known.values()].flatMap(({ targets }) => targets.map((t) => labelsToRecord(t)["__address__"]!)),
    );
    waiting.shift()?.();
  }, abort.signal);
  for (const [index, step] of steps.entries()) {
    step();
    const delivered = new Promise<void>((resolve) => waiting.push(resolve));
    if (index > 0) {
      while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
      void clock.advance(1000);
    }
    await delivered;
  }
  abort.abort();
  await running;
  return { addresses, failures: counters.dnsLookupFailures };
}

test("targets follow the records, up and down", async () => {
  const result = await refreshes([
    () => dns.answers.set("accesslog", { addresses: ["127.0.1.1"] }),
    () => dns.answers.set("accesslog", { addresses: ["127.0.1.1", "127.0.1.2", "127.0.1.3"] }),
    () => dns.answers.set("accesslog", { addresses: ["127.0.1.2", "127.0.1.3"] }),
  ]);
  expect(result).toEqual({
    addresses: [
      ["127.0.1.1:80"],
      ["127.0.1.1:80", "127.0.1.2:80", "127.0.1.3:80"],
      ["127.0.1.2:80", "127.0.1.3:80"],
    ],
    failures: 0,
  });
});

test("a failing server keeps the last targets, a name that is gone empties them", async () => {
  const result = await refreshes([
    () => dns.answers.set("accesslog", { addresses: ["127.0.1.1"] }),
    () => dns.answers.set("accesslog", "SERVFAIL"),
    () => dns.answers.set("accesslog", "NXDOMAIN"),
  ]);
  expect(result).toEqual({ addresses: [["127.0.1.1:80"], ["127.0.1.1:80"], []], failures: 1 });
});

test("a server that says nothing counts as a failure after its time-out", async () => {
  const result = await refreshes([
    () => dns.answers.set("accesslog", { addresses: ["127.0.1.1"] }),
    () => dns.answers.set("accesslog", "silent"),
  ]);
  expect(result).toEqual({ addresses: [["127.0.1.1:80"], ["127.0.1.1:80"]], failures: 1 });
});

test("a cut-off UDP answer is asked for again over TCP", async () => {
  const result = await refreshes([
    () => dns.answers.set("accesslog", { addresses: ["127.0.1.1", "127.0.1.2"], truncateUdp: true }),
  ]);
  expect(result.addresses).toEqual([["127.0.1.1:80", "127.0.1.2:80"]]);
  expect(dns.asked).toEqual(["udp accesslog", "tcp accesslog"]);
});
