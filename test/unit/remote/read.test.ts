import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/base/index.ts";
import { createHistogram, labelsFromRecord } from "../../../src/model/index.ts";
import { createRemoteReader, type RemoteReadResult } from "../../../src/remote/index.ts";
import type { Queryable } from "../../../src/storage/index.ts";
import { decodeSnappy, encodeSnappy } from "../../../src/wire/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { MemoryQueryable } from "../promql/memory-queryable.ts";
import { decodeMessage, encodeMessage } from "../wire/reference-proto.ts";

const EQUAL = 0;
const REGEX = 2;
const EVERYTHING = { type: REGEX, name: "__name__", value: ".+" };

interface Answered {
  readonly series: readonly string[][]; // `labels times` of each query.
  readonly openSelections: number;
}

function stored(): MemoryQueryable {
  const store = new MemoryQueryable();
  store.add({ __name__: "up", job: "a" }, [1000, 2000, 3000], [1, "stale", 3]);
  store.add({ __name__: "up", job: "b", zone: "own" }, [2000], [5]);
  store.add({ __name__: "latency" }, [3000], [createHistogram({ count: 2, sum: 1 })]);
  return store;
}

class BrokenQueryable extends MemoryQueryable {
  override select(): never {
    throw new Error("disk on fire");
  }
}

async function read(
  request: object | Uint8Array,
  changes: { queryable?: Queryable; samplesMax?: number } = {},
): Promise<RemoteReadResult> {
  const reader = createRemoteReader({
    queryable: stored(),
    externalLabels: () => labelsFromRecord({ zone: "z", cluster: "c" }),
    samplesMax: 0,
    concurrencyMax: 10,
    decodedBytesMax: 1 << 20,
    clock: new FakeClock(0),
    logger: silentLogger,
    ...changes,
  });
  const body = request instanceof Uint8Array ? request : encodeSnappy(encodeMessage("ReadRequest", request));
  return reader.read(body, new AbortController().signal);
}

interface ReadSeries {
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly samples?: readonly { readonly timestamp: number }[];
  readonly histograms?: readonly { readonly timestamp: number }[];
}

async function answered(queries: readonly object[]): Promise<Answered["series"]> {
  const result = await read({ queries });
  if (result.kind !== "samples") throw new Error(result.text);
  const response = decodeMessage("ReadResponse", decodeSnappy(result.body, 1 << 20)) as {
    readonly results?: readonly { readonly timeseries?: readonly ReadSeries[] }[];
  };
  return (response.results ?? []).map(({ timeseries = [] }) =>
    timeseries.map(({ labels, samples = [], histograms = [] }) => {
      const names = labels.map(({ name, value }) => `${name}=${value}`).join(",");
      const times = [...samples, ...histograms].map(({ timestamp }) => timestamp);
      return `${names} ${times.join(",")}`;
    }),
  );
}

function query(matchers: readonly object[], from = 0, to = 10_000): object {
  return { startTimestampMs: from, endTimestampMs: to, matchers };
}

describe("a remote read", () => {
  test("answers each query with the samples of its range and the external labels that series lack", async () => {
    expect(await answered([query([EVERYTHING], 2000, 2999), query([EVERYTHING], 3000, 3000)])).toEqual([
      ["__name__=up,cluster=c,job=a,zone=z 2000", "__name__=up,cluster=c,job=b,zone=own 2000"],
      ["__name__=up,cluster=c,job=a,zone=z 3000", "__name__=latency,cluster=c,zone=z 3000"],
    ]);
  });

  test("finds series without a label when an equality asks for the external one", async () => {
    const zone = { type: EQUAL, name: "zone", value: "z" };
    const up = { type: EQUAL, name: "__name__", value: "up" };
    expect(await answered([query([up, zone])])).toEqual([
      ["__name__=up,cluster=c,job=a,zone=z 1000,2000,3000"],
    ]);
    expect(await answered([query([{ ...zone, value: "own" }])])).toEqual([
      ["__name__=up,cluster=c,job=b,zone=own 2000"],
    ]);
    expect(await answered([query([{ ...zone, type: REGEX }])])).toEqual([[]]);
  });

  test("gives an empty result to a query without matchers and to a reversed range", async () => {
    expect(await answered([query([]), query([EVERYTHING], 3000, 1000)])).toEqual([[], []]);
  });

  test("closes what it selected", async () => {
    const queryable = stored();
    await read({ queries: [query([EVERYTHING])] }, { queryable });
    await read({ queries: [query([EVERYTHING])] }, { queryable, samplesMax: 1 });
    expect(queryable.openSelections).toBe(0);
  });
});

test.each([
  ["junk", Buffer.from("junk"), "snappy: corrupt input"],
  [
    "streamed chunks only",
    { acceptedResponseTypes: [1] },
    "server does not support any of the requested response types: STREAMED_XOR_CHUNKS; supported: SAMPLES",
  ],
  [
    "a bad regex",
    { queries: [query([{ ...EVERYTHING, value: "(" }])] },
    "error parsing regexp: missing closing ): `(`",
  ],
])("%s is refused", async (_what, request, text) => {
  expect(await read(request)).toEqual({ kind: "refused", text });
});

test("either form may be taken", async () => {
  expect((await read({ acceptedResponseTypes: [1, 0] })).kind).toBe("samples");
});

test("a query may give as many samples as the limit and no more", async () => {
  const request = { queries: [query([EVERYTHING]), query([EVERYTHING])] };
  expect((await read(request, { samplesMax: 5 })).kind).toBe("samples");
  expect(await read(request, { samplesMax: 4 })).toEqual({
    kind: "refused",
    text: "exceeded sample limit (4)",
  });
});

test("long work lets others run, and ends when the client goes away", async () => {
  class BusyClock extends FakeClock {
    #now = 0;
    override monotonic(): number {
      return (this.#now += 15);
    }
  }
  const reader = createRemoteReader({
    queryable: stored(),
    externalLabels: () => labelsFromRecord({}),
    samplesMax: 0,
    concurrencyMax: 1,
    decodedBytesMax: 1 << 20,
    clock: new BusyClock(0),
    logger: silentLogger,
  });
  const body = encodeSnappy(encodeMessage("ReadRequest", { queries: [query([EVERYTHING])] }));
  const leaving = new AbortController();
  const reading = reader.read(body, leaving.signal);
  expect(reader.load()).toBe(1);
  leaving.abort(new Error("gone"));
  expect(await reading).toEqual({ kind: "failed", text: "gone" });
  expect((await reader.read(body, new AbortController().signal)).kind).toBe("samples");
  expect(reader.load()).toBe(0);
});

test("a store that fails is not the client's fault", async () => {
  const queryable = new BrokenQueryable();
  expect(await read({ queries: [query([EVERYTHING])] }, { queryable })).toEqual({
    kind: "failed",
    text: "disk on fire",
  });
});
