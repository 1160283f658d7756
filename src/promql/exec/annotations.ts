import { formatFloatG } from "../../model/index.ts";
import type { Position } from "../parse/ast.ts";

/** One call of histogram_quantile that met bucket counts falling with rising bounds (FN-51b, ANN-14). */
export interface MonotonicityFix {
  readonly fromBucket: number; // Bounds of the first and last bucket that had to be raised.
  readonly toBucket: number;
  readonly maxDifference: number; // Relative to the count.
  readonly timeMs: number;
}

interface Note {
  readonly text: string;
  readonly pos: Position;
}

interface FixNote {
  fromBucket: number;
  toBucket: number;
  maxDifference: number;
  fromMs: number;
  toMs: number;
  count: number;
}

const FIX_TEXT =
  "input to histogram_quantile needed to be fixed for monotonicity " +
  "(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";

/**
 * What a query tells its author besides the answer: each text once, in order of first appearance, with the position
 * of the part that it is about. Of several parts with the same text the outermost and then the last is named.
 * Source: Prometheus util/annotations; spec §10.
 */
export class Annotations {
  readonly #query: Uint8Array;
  readonly #warnings = new Map<string, Note>();
  readonly #infos = new Map<string, Note>();
  readonly #fixes = new Map<string, FixNote>();

  /** `query` is the text that positions point into. */
  constructor(query: string) {
    this.#query = new TextEncoder().encode(query);
  }

  /** `text` without prefix and position. */
  warn(text: string, pos: Position): void {
    put(this.#warnings, text, pos);
  }

  info(text: string, pos: Position): void {
    put(this.#infos, text, pos);
  }

  /** ANN-14: all fixes of a query are told in one text that covers them. `metricName` "" is not told. */
  monotonicityFix(metricName: string, fix: MonotonicityFix, pos: Position): void {
    const text = metricName === "" ? FIX_TEXT : `${FIX_TEXT} for metric name "${metricName}"`;
    put(this.#infos, text, pos);
    const { fromBucket, toBucket, maxDifference, timeMs } = fix;
    const all = this.#fixes.get(text);
    if (all === undefined) {
      this.#fixes.set(text, { fromBucket, toBucket, maxDifference, fromMs: timeMs, toMs: timeMs, count: 1 });
      return;
    }
    all.fromBucket = Math.min(all.fromBucket, fromBucket);
    all.toBucket = Math.max(all.toBucket, toBucket);
    all.maxDifference = Math.max(all.maxDifference, maxDifference);
    all.fromMs = Math.min(all.fromMs, timeMs);
    all.toMs = Math.max(all.toMs, timeMs);
    all.count++;
  }

  warnings(): string[] {
    return [...this.#warnings.values()].map(({ text, pos }) => `PromQL warning: ${text}${this.#where(pos)}`);
  }

  infos(): string[] {
    return [...this.#infos.values()].map(({ text, pos }) => {
      const fix = this.#fixes.get(text);
      return `PromQL info: ${text}${fix === undefined ? "" : fixDetails(fix)}${this.#where(pos)}`;
    });
  }

  #where(pos: Position): string {
    let line = 1;
    let lineStart = 0;
    for (let offset = 0; offset < pos.start; offset++) {
      if (this.#query[offset] === 0x0a) {
        line++;
        lineStart = offset + 1;
      }
    }
    return ` (${line}:${pos.start - lineStart + 1})`;
  }
}

function put(notes: Map<string, Note>, text: string, pos: Position): void {
  const earlier = notes.get(text);
  if (earlier !== undefined && !isNamedInstead(pos, earlier.pos)) return;
  notes.set(text, { text, pos });
}

function isNamedInstead(pos: Position, other: Position): boolean {
  const contains = pos.start <= other.start && pos.end >= other.end;
  return contains || pos.start >= other.end;
}

function fixDetails(fix: FixNote): string {
  const buckets = `from buckets ${formatFloatG(fix.fromBucket)} to ${formatFloatG(fix.toBucket)}`;
  const times = `from ${secondText(fix.fromMs)} to ${secondText(fix.toMs)}`;
  const difference = twoDigits(fix.maxDifference);
  return `, ${buckets}, with a max diff of ${difference}, over ${fix.count} samples ${times}`;
}

/** RFC 3339 in UTC, whole seconds. */
function secondText(ms: number): string {
  return `${new Date(Math.trunc(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** Go's %.2g. */
function twoDigits(value: number): string {
  if (!Number.isFinite(value)) return formatFloatG(value);
  const exponent = value === 0 ? 0 : Number(value.toExponential(1).split("e")[1]);
  if (exponent >= -4 && exponent < 2) return String(Number(value.toPrecision(2)));
  const [digits, power] = value.toExponential(1).split("e") as [string, string];
  const sign = power.startsWith("-") ? "-" : "+";
  return `${digits.replace(/\.0$/, "")}e${sign}${power.slice(1).padStart(2, "0")}`;
}
