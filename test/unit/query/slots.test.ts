import { expect, test } from "vitest";
import { QueryAbandonedError, QueryExpiredError, QueryQueueFullError } from "../../../src/query/index.ts";
import { QuerySlots } from "../../../src/query/slots.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setUp(running = 1, waiting = 2): { slots: QuerySlots; clock: FakeClock } {
  const clock = new FakeClock();
  return { clock, slots: new QuerySlots({ running, waiting, clock }) };
}

test("queries beyond the limit wait in order and start as slots come free", async () => {
  const { slots } = setUp();
  const started: string[] = [];
  await slots.acquire(1000, undefined);
  const first = slots.acquire(1000, undefined).then(() => started.push("first"));
  const second = slots.acquire(1000, undefined).then(() => started.push("second"));
  expect([slots.running, slots.waiting]).toEqual([1, 2]);
  slots.release();
  await first;
  expect(started).toEqual(["first"]);
  slots.release();
  await second;
  expect(started).toEqual(["first", "second"]);
  slots.release();
  expect([slots.running, slots.waiting]).toEqual([0, 0]);
});

test("a query whose time is over while it waits fails and leaves the queue", async () => {
  const { slots, clock } = setUp();
  await slots.acquire(1000, undefined);
  const late = slots.acquire(50, undefined).catch((error: unknown) => error);
  await clock.advance(50);
  expect(await late).toBeInstanceOf(QueryExpiredError);
  expect([slots.running, slots.waiting, clock.pending]).toEqual([1, 0, 0]);
});

test("no time at all is over at once", async () => {
  const { slots } = setUp();
  await expect(slots.acquire(-30_000, undefined)).rejects.toThrow("context deadline exceeded");
  expect(slots.running).toBe(0);
});

test("a query whose client goes away leaves the queue", async () => {
  const { slots } = setUp();
  await slots.acquire(1000, undefined);
  const client = new AbortController();
  const gone = slots.acquire(1000, client.signal).catch((error: unknown) => error);
  client.abort();
  expect(await gone).toBeInstanceOf(QueryAbandonedError);
  await expect(slots.acquire(1000, client.signal)).rejects.toThrow(QueryAbandonedError);
  expect(slots.waiting).toBe(0);
});

test("a full queue refuses at once and names the flag", async () => {
  const { slots } = setUp(1, 0);
  await slots.acquire(1000, undefined);
  await expect(slots.acquire(1000, undefined)).rejects.toThrow(QueryQueueFullError);
  await expect(slots.acquire(1000, undefined)).rejects.toThrow("--query.max-concurrency");
});
