import { elementsOf, type Answer, type AnswerElement, type AnswerHistogram } from "./answer.ts";

/** In what two answers differ; `rule` groups findings, `detail` shows one. */
export interface Finding {
  readonly rule: string;
  readonly detail: string;
}

export interface Tolerance {
  readonly relative: number;
}

const MIN_NORMAL = 2.2250738585072014e-308;

/** Compares answers. @returns undefined when they agree. */
export function judge(expected: Answer, got: Answer, tolerance: Tolerance): Finding | undefined {
  if (expected.status !== got.status) {
    const side = expected.status === "error" ? "should fail" : "should succeed";
    return { rule: side, detail: `expected ${brief(expected)}, got ${brief(got)}` };
  }
  if (expected.status === "error") {
    if (expected.errorType === got.errorType && expected.error === got.error) return undefined;
    return { rule: "error text", detail: `expected ${brief(expected)}\n         got ${brief(got)}` };
  }
  return judgeData(expected, got, tolerance) ?? judgeNotes(expected, got);
}

function judgeNotes(expected: Answer, got: Answer): Finding | undefined {
  for (const level of ["warnings", "infos"] as const) {
    const wanted = (expected[level] ?? []).toSorted();
    const given = (got[level] ?? []).toSorted();
    if (JSON.stringify(wanted) === JSON.stringify(given)) continue;
    const missing = wanted.filter((note) => !given.includes(note));
    const extra = given.filter((note) => !wanted.includes(note));
    return {
      rule: level,
      detail: `missing ${JSON.stringify(missing)}, not expected ${JSON.stringify(extra)}`,
    };
  }
  return undefined;
}

function judgeData(expected: Answer, got: Answer, tolerance: Tolerance): Finding | undefined {
  const wanted = expected.data!;
  const given = got.data!;
  if (wanted.resultType !== given.resultType) {
    return { rule: "result type", detail: `expected ${wanted.resultType}, got ${given.resultType}` };
  }
  if (wanted.resultType === "scalar" || wanted.resultType === "string") {
    const [wantedTime, wantedText] = wanted.result as readonly [number, string];
    const [givenTime, givenText] = given.result as readonly [number, string];
    if (wantedTime !== givenTime) return { rule: "time", detail: `expected ${wantedTime}, got ${givenTime}` };
    return numberFinding(wantedText, givenText, tolerance);
  }
  return judgeElements(elementsOf(expected), elementsOf(got), tolerance);
}

function judgeElements(
  wanted: readonly AnswerElement[],
  given: readonly AnswerElement[],
  tolerance: Tolerance,
): Finding | undefined {
  const byKey = new Map(given.map((element) => [metricKey(element), element]));
  if (byKey.size !== given.length) return { rule: "duplicate series", detail: `${given.length} elements` };
  for (const element of wanted) {
    const key = metricKey(element);
    const other = byKey.get(key);
    const counts = `(expected ${wanted.length} elements, got ${given.length})`;
    if (other === undefined) return { rule: "missing series", detail: `${key} ${counts}` };
    const finding = judgeElement(element, other, tolerance);
    if (finding !== undefined) return { rule: finding.rule, detail: `${key}: ${finding.detail}` };
  }
  const known = new Set(wanted.map(metricKey));
  const extra = given.find((element) => !known.has(metricKey(element)));
  if (extra !== undefined) return { rule: "extra series", detail: metricKey(extra) };
  const moved = wanted.findIndex((element, index) => metricKey(element) !== metricKey(given[index]!));
  if (moved < 0) return undefined;
  return {
    rule: "order",
    detail: `at ${moved}: expected ${metricKey(wanted[moved]!)}, got ${metricKey(given[moved]!)}`,
  };
}

function metricKey({ metric }: AnswerElement): string {
  return JSON.stringify(Object.fromEntries(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

function judgeElement(
  wanted: AnswerElement,
  given: AnswerElement,
  tolerance: Tolerance,
): Finding | undefined {
  const floats = wanted.values ?? (wanted.value === undefined ? [] : [wanted.value]);
  const givenFloats = given.values ?? (given.value === undefined ? [] : [given.value]);
  const objects = wanted.histograms ?? (wanted.histogram === undefined ? [] : [wanted.histogram]);
  const givenObjects = given.histograms ?? (given.histogram === undefined ? [] : [given.histogram]);
  const times = JSON.stringify([floats.map(([time]) => time), objects.map(([time]) => time)]);
  const givenTimes = JSON.stringify([givenFloats.map(([time]) => time), givenObjects.map(([time]) => time)]);
  if (times !== givenTimes) return { rule: "points", detail: `expected at ${times}, got at ${givenTimes}` };
  for (const [index, [time, text]] of floats.entries()) {
    const finding = numberFinding(text, givenFloats[index]![1], tolerance);
    if (finding !== undefined) return { rule: finding.rule, detail: `at ${time} ${finding.detail}` };
  }
  for (const [index, [time, histogram]] of objects.entries()) {
    const finding = histogramFinding(histogram, givenObjects[index]![1], tolerance);
    if (finding !== undefined)
      return { rule: `histogram ${finding.rule}`, detail: `at ${time} ${finding.detail}` };
  }
  return undefined;
}

function histogramFinding(
  wanted: AnswerHistogram,
  given: AnswerHistogram,
  tolerance: Tolerance,
): Finding | undefined {
  const buckets = withoutResidue(wanted);
  const givenBuckets = withoutResidue(given);
  const shape = JSON.stringify(buckets.map(([rule, lower, upper]) => [rule, lower, upper]));
  const givenShape = JSON.stringify(givenBuckets.map(([rule, lower, upper]) => [rule, lower, upper]));
  if (shape !== givenShape) return { rule: "buckets", detail: `expected ${shape}, got ${givenShape}` };
  const numbers = [wanted.count, wanted.sum, ...buckets.map(([, , , count]) => count)];
  const givenNumbers = [given.count, given.sum, ...givenBuckets.map(([, , , count]) => count)];
  for (const [index, text] of numbers.entries()) {
    const finding = numberFinding(text, givenNumbers[index]!, tolerance);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

// Rounding may leave next to nothing in a bucket, or nothing.
function withoutResidue({ buckets = [] }: AnswerHistogram): NonNullable<AnswerHistogram["buckets"]> {
  const greatest = Math.max(...buckets.map(([, , , count]) => Math.abs(parseNumber(count))));
  return buckets.filter(([, , , count]) => !(Math.abs(parseNumber(count)) < greatest * 1e-12));
}

function numberFinding(wanted: string, given: string, tolerance: Tolerance): Finding | undefined {
  if (wanted === given) return undefined;
  const detail = `expected ${wanted}, got ${given}`;
  const a = parseNumber(wanted);
  const b = parseNumber(given);
  if (Object.is(a, b)) return { rule: "number format", detail };
  if (a === 0 && b === 0) return { rule: "sign of zero", detail };
  if (!Number.isFinite(a) || !Number.isFinite(b)) return { rule: "value", detail };
  if (Number.isInteger(a) && Number.isInteger(b) && Math.abs(a) < 2 ** 50) return { rule: "value", detail };
  const scale = Math.max(Math.abs(a), Math.abs(b), MIN_NORMAL);
  return Math.abs(a - b) <= tolerance.relative * scale ? undefined : { rule: "value", detail };
}

function parseNumber(text: string): number {
  if (text === "NaN") return NaN;
  return /^[+-]Inf$/.test(text) ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text);
}

function brief(answer: Answer): string {
  if (answer.status === "error") return `${answer.errorType}: ${answer.error}`;
  return `${answer.data!.resultType} of ${elementsOf(answer).length}: ${JSON.stringify(answer.data!.result).slice(0, 160)}`;
}
