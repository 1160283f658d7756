import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DIFFERENCES, type Difference } from "./differences.ts";
import { startFixture, type Fixture, type QueryPlace } from "./fixture.ts";
import {
  isPresent,
  loadInstruments,
  RECORDINGS,
  type Exchange,
  type FixtureName,
  type Instruments,
  type Response,
} from "./instruments.ts";

// The HTTP interface against exchanges recorded with a real Prometheus 3.5.3. Every exchange must be answered as
// recorded, except those that differences.ts lists, and those must differ.

const present = isPresent();
const FIXTURES: readonly [FixtureName, QueryPlace][] = [
  ["data", "the main thread"],
  ["data", "a worker"],
  ["live", "the main thread"],
  ["live", "a worker"],
];

describe.skipIf(!present)("recorded exchanges (needs ../shared/conformance)", async () => {
  if (!present) return;
  const instruments = await loadInstruments();
  const lines = readFileSync(RECORDINGS, "utf8").trimEnd().split("\n");
  const exchanges = lines.map((line) => JSON.parse(line) as Exchange);

  describe.each(FIXTURES)("with the fixture %s and queries on %s", (name, place) => {
    let fixture: Fixture;
    beforeAll(async () => {
      fixture = await startFixture(name, instruments, place);
    });
    afterAll(() => fixture.close());

    const mine = exchanges.filter((exchange) => exchange.fixture === name);
    for (const [category, group] of Map.groupBy(mine, ({ id }) => id.split("#")[0]!)) {
      it(`${category}: ${group.length} exchanges`, async () => {
        const failures: string[] = [];
        for (const exchange of group) {
          const response = await instruments.send(fixture.base, exchange.request);
          const shown = { ...response, text: response.text.replaceAll(fixture.folder, "") };
          const failure = judge(instruments, exchange, shown);
          if (failure !== undefined) failures.push(failure);
        }
        expect(failures, `${failures.length} of ${group.length}`).toEqual([]);
      });
    }
  });

  it("has every exchange that is listed as different", () => {
    const known = new Set(exchanges.map(({ id }) => id));
    expect(DIFFERENCES.flatMap(({ ids }) => ids).filter((id) => !known.has(id))).toEqual([]);
  });
});

// What is wrong, or undefined.
function judge(instruments: Instruments, exchange: Exchange, response: Response): string | undefined {
  const { id, request } = exchange;
  const { ok, reason, detail } = instruments.compareResponse(exchange, response);
  const difference = DIFFERENCES.find(({ ids }) => ids.includes(id));
  const title = `${id} ${request.method} ${request.path}`;
  if (difference === undefined) return ok ? undefined : `${title}\n    ${reason}: ${detail}`;
  if (ok) return `${title}\n    is answered as recorded, but listed: ${difference.reason}`;
  return judgeWithoutNewFields(instruments, { exchange, response, difference, title });
}

function judgeWithoutNewFields(
  instruments: Instruments,
  context: {
    readonly exchange: Exchange;
    readonly response: Response;
    readonly difference: Difference;
    readonly title: string;
  },
): string | undefined {
  const { exchange, response, difference, title } = context;
  const { newFields } = difference;
  if (newFields === undefined) return undefined;
  const text = JSON.stringify(JSON.parse(response.text), (key, value: unknown) =>
    newFields.includes(key) ? undefined : value,
  );
  const { ok, reason, detail } = instruments.compareResponse(exchange, { ...response, text });
  return ok ? undefined : `${title}\n    also without ${newFields.join(", ")}: ${reason}: ${detail}`;
}
