import { describe, expect, test } from "vitest";
import { NarthexError, silentLogger } from "../../../src/base/index.ts";
import { labelsFromRecord, labelsToRecord, millis } from "../../../src/model/index.ts";
import { createRemoteWriteReceiver } from "../../../src/remote/index.ts";
import type { RemoteWriteReceiver, RemoteWriteRequest } from "../../../src/remote/index.ts";
import type { Appendable, BatchOutcome, SeriesBatch } from "../../../src/storage/index.ts";
import { encodeWriteRequest, snappyLiterals, type WrittenSample } from "../../support/remote-write.ts";

const UP: WrittenSample = { labels: { __name__: "up", job: "a" }, timeMs: 1000, value: 1 };

interface Rig {
  readonly receiver: RemoteWriteReceiver;
  readonly batches: { readonly batch: readonly SeriesBatch[]; readonly mode: string }[];
}

function setUp(answer: (batch: readonly SeriesBatch[]) => Partial<BatchOutcome> = () => ({})): Rig {
  const batches: Rig["batches"] = [];
  const appendable: Appendable = {
    openTable: () => {
      throw new Error("no table is opened for remote write");
    },
    appendBatch: async (batch, mode) => {
      batches.push({ batch, mode });
      const none = { outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0, refusals: [] };
      return { appended: batch.length, ...none, ...answer(batch) };
    },
    putMetadata: () => {
      throw new Error("nobody said anything about metrics");
    },
  };
  const options = { appendable, decodedBytesMax: 32 * 1024 * 1024, logger: silentLogger };
  return { batches, receiver: createRemoteWriteReceiver(options) };
}

function request(
  samples: readonly WrittenSample[],
  changes: Partial<RemoteWriteRequest> = {},
): RemoteWriteRequest {
  const body = snappyLiterals(encodeWriteRequest(samples));
  return { contentType: "application/x-protobuf", contentEncoding: "snappy", body, ...changes };
}

test("a request is stored whole or not at all", async () => {
  const { receiver, batches } = setUp();
  const result = await receiver.receive(request([UP, { ...UP, labels: { __name__: "x" }, value: -2 }]));
  expect(result).toEqual({ kind: "stored" });
  expect(batches.map(({ mode }) => mode)).toEqual(["all-or-nothing"]);
  expect(batches[0]!.batch.map(({ labels }) => labelsToRecord(labels))).toEqual([
    UP.labels,
    { __name__: "x" },
  ]);
  expect(batches[0]!.batch.map(({ times, values }) => [[...times], [...values]])).toEqual([
    [[1000], [1]],
    [[1000], [-2]],
  ]);
  expect(receiver.counters()).toMatchObject({ samplesStored: 2, requestsRefused: 0 });
});

test("an empty request is stored without asking the store", async () => {
  const { receiver, batches } = setUp();
  expect(await receiver.receive(request([]))).toEqual({ kind: "stored" });
  expect(batches).toEqual([]);
});

test("series without a metric name are left out and counted", async () => {
  const { receiver, batches } = setUp();
  expect(await receiver.receive(request([{ ...UP, labels: { job: "a" } }, UP]))).toEqual({ kind: "stored" });
  expect(batches[0]!.batch).toHaveLength(1);
  expect(receiver.counters().invalidLabelsSeries).toBe(1);
});

test("a refused sample refuses the request with the store's words", async () => {
  const refusal = { labels: labelsFromRecord({ a: "b" }), time: millis(1000), reason: "out of order sample" };
  const { receiver } = setUp(() => ({ appended: 0, outOfOrder: 1, refusals: [refusal] }));
  expect(await receiver.receive(request([UP]))).toEqual({ kind: "refused", text: "out of order sample" });
  expect(receiver.counters()).toMatchObject({ samplesStored: 0, requestsRefused: 1 });
});

test("what the store has of a request with new series that it does not take counts as stored", async () => {
  const refusal = { labels: labelsFromRecord({ a: "b" }), time: millis(1000), reason: "no new series now" };
  const { receiver } = setUp(() => ({ appended: 1, refusals: [refusal] }));
  const result = await receiver.receive(request([UP, { ...UP, labels: { __name__: "x" } }]));
  expect(result).toEqual({ kind: "refused", text: "no new series now" });
  expect(receiver.counters()).toMatchObject({ samplesStored: 1, requestsRefused: 1 });
});

test("a store that fails is not the sender's fault", async () => {
  const { receiver } = setUp(() => {
    throw new Error("disk full");
  });
  expect(await receiver.receive(request([UP]))).toEqual({ kind: "failed", text: "disk full" });
});

test("a store that takes nothing for now asks to try again", async () => {
  class ReadOnly extends NarthexError {
    readonly errorType = "unavailable";
  }
  const { receiver } = setUp(() => {
    throw new ReadOnly("the store is read-only");
  });
  expect(await receiver.receive(request([UP]))).toEqual({
    kind: "unavailable",
    text: "the store is read-only",
    retryAfterSeconds: 10,
  });
});

describe("bytes that are no request are refused", () => {
  test.each([
    ["no snappy", Buffer.from("not snappy")],
    ["nothing", Buffer.alloc(0)],
    ["no protobuf", snappyLiterals(Buffer.from("\u0007junk"))],
    ["a length that lies", Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 0x61])],
  ])("%s", async (_name, body) => {
    const { receiver, batches } = setUp();
    expect(await receiver.receive(request([], { body }))).toMatchObject({ kind: "refused" });
    expect(batches).toEqual([]);
  });
});

describe("the form of a request", () => {
  test.each([
    ["", ""],
    ["application/x-protobuf", ""],
    ["application/x-protobuf; charset=utf-8", "snappy"],
    ["application/x-protobuf;proto=prometheus.WriteRequest", "snappy"],
  ])("%j with encoding %j is taken", async (contentType, contentEncoding) => {
    const { receiver } = setUp();
    expect(await receiver.receive(request([UP], { contentType, contentEncoding }))).toEqual({
      kind: "stored",
    });
  });

  test.each([
    [
      "text/plain",
      "snappy",
      "expected application/x-protobuf as the first (media) part, got text/plain content-type",
    ],
    [
      "application/x-protobuf",
      "gzip",
      "gzip encoding (compression) is not accepted by this server; only snappy is acceptable",
    ],
    [
      "application/x-protobuf;proto=foo",
      "snappy",
      "got application/x-protobuf;proto=foo content type; unknown remote write protobuf message foo, " +
        "supported: prometheus.WriteRequest, io.prometheus.write.v2.Request",
    ],
    [
      "application/x-protobuf;foo",
      "snappy",
      "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, " +
        "got foo in application/x-protobuf;foo content-type",
    ],
    [
      "application/x-protobuf;proto=io.prometheus.write.v2.Request",
      "snappy",
      "io.prometheus.write.v2.Request protobuf message is not accepted by this server; " +
        "only prometheus.WriteRequest is",
    ],
  ])("%j with encoding %j is not", async (contentType, contentEncoding, text) => {
    const { receiver, batches } = setUp();
    const result = await receiver.receive(request([UP], { contentType, contentEncoding }));
    expect(result).toEqual({ kind: "unsupported", text });
    expect(batches).toEqual([]);
  });
});
