import { expect, test } from "vitest";
import { silentLogger } from "../../../src/base/index.ts";
import { NO_DISCOVERY } from "../../../src/config/index.ts";
import { createDiscoveryCounters, DiscoveryManager, type Discoverer } from "../../../src/discovery/index.ts";
import { labelsFromRecord, NO_LABELS, type TargetGroup } from "../../../src/model/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";

type Deliver = (groups: readonly TargetGroup[]) => void;

const group = (source: string, ...addresses: string[]): TargetGroup => ({
  source,
  labels: NO_LABELS,
  targets: addresses.map((address) => labelsFromRecord({ __address__: address })),
});

const jobWith = (jobName: string, ...names: string[]) => ({
  jobName,
  discovery: {
    ...NO_DISCOVERY,
    dns: names.map((name) => ({ names: [name], type: "A", port: 1, refreshIntervalMs: 1 }) as const),
  },
});

function setUp() {
  const clock = new FakeClock();
  const started: string[] = [];
  const delivers = new Map<string, Deliver>();
  const deliveries: string[] = [];
  const manager = new DiscoveryManager({
    clock,
    logger: silentLogger,
    counters: createDiscoveryCounters(),
    throttleMs: 5000,
    discoverersOf: (configs) =>
      configs.dns.map(({ names }) => ({
        key: names[0]!,
        create: (): Discoverer => ({
          run(deliver, signal) {
            started.push(names[0]!);
            delivers.set(names[0]!, deliver);
            return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
          },
        }),
      })),
    deliver: (jobName, groups) =>
      deliveries.push(
        `${jobName}: ${groups.flatMap(({ targets }) => targets.map((labels) => labels[1])).join(" ")}`,
      ),
  });
  return { clock, started, delivers, deliveries, manager };
}

test("equal blocks of two jobs share one discoverer and both get the targets", async () => {
  const { started, delivers, deliveries, manager } = setUp();
  manager.apply([jobWith("a", "x"), jobWith("b", "x")]);
  delivers.get("x")!([group("s", "h:1")]);
  expect(started).toEqual(["x"]);
  expect(deliveries).toEqual(["a: h:1", "b: h:1"]);
  await manager.stop();
});

test("a reload keeps unchanged discoverers running and tells new jobs what is known", async () => {
  const { started, delivers, deliveries, manager } = setUp();
  manager.apply([jobWith("a", "x")]);
  delivers.get("x")!([group("s", "h:1")]);
  manager.apply([jobWith("a", "x"), jobWith("b", "x", "y")]);
  expect(started).toEqual(["x", "y"]);
  expect(deliveries).toEqual(["a: h:1", "a: h:1", "b: h:1"]);
  await manager.stop();
});

test("a job that loses a block loses its targets, a removed job hears nothing more", async () => {
  const { delivers, deliveries, manager } = setUp();
  manager.apply([jobWith("a", "x", "y")]);
  delivers.get("x")!([group("s", "h:1")]);
  manager.apply([jobWith("a", "y")]);
  manager.apply([]);
  delivers.get("y")!([group("s", "h:2")]);
  expect(deliveries).toEqual(["a: h:1", "a: "]);
  await manager.stop();
});

test("changes that keep coming are bundled, with pauses that grow", async () => {
  const { clock, delivers, deliveries, manager } = setUp();
  manager.apply([jobWith("a", "x")]);
  const deliver = delivers.get("x")!;
  deliver([group("s", "h:1")]);
  deliver([group("s", "h:2")]);
  deliver([group("s", "h:3")]);
  expect(deliveries).toEqual(["a: h:1"]);
  await clock.advance(100);
  expect(deliveries).toEqual(["a: h:1", "a: h:3"]);
  deliver([group("s")]);
  await clock.advance(100);
  expect(deliveries).toHaveLength(2);
  await clock.advance(100);
  expect(deliveries).toEqual(["a: h:1", "a: h:3", "a: "]);
  await manager.stop();
});
