import type { Metric } from "./dataset.ts";
import { anyExpression, range, scalar, vector } from "./expressions.ts";
import { Random } from "./random.ts";
import { openScope, type Scope } from "./scope.ts";
import { STRAY_TOKENS } from "./words.ts";

/** One request of either kind. */
export interface FuzzQuery {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number; // Equals startMs in an instant query.
  readonly stepMs: number | undefined; // Undefined: an instant query.
}

export interface Source {
  readonly metrics: readonly Metric[];
  readonly startMs: number; // Of the data.
  readonly endMs: number;
}

const STEPS_S: readonly number[] = [15, 30, 60, 61, 77, 300, 7.5, 600];
const RANGE_STEPS_MAX = 25;

/** The query of a seed. */
export function generateQuery({ metrics, startMs, endMs }: Source, seed: number): FuzzQuery {
  const random = new Random(seed);
  const scope = openScope(random, metrics, [startMs / 1000, endMs / 1000]);
  const isRange = random.chance(0.45);
  const depth = 1 + random.below(4);
  const expression = isRange && random.chance(0.98) ? rangeText(scope, depth) : anyExpression(scope, depth);
  const text = random.chance(0.1) ? spoil(scope, expression, depth) : expression;
  return { text, ...(isRange ? steps(random, startMs, endMs) : moment(random, startMs, endMs)) };
}

function rangeText(scope: Scope, depth: number): string {
  return scope.random.chance(0.95) ? vector(scope, depth) : scalar(scope, depth);
}

function moment(random: Random, fromMs: number, toMs: number): Omit<FuzzQuery, "text"> {
  const length = toMs - fromMs + 900_000;
  const near = fromMs - 300_000 + Math.floor(random.next() * length);
  const time = random.chance(0.5) ? Math.round(near / 30_000) * 30_000 : near;
  return { startMs: time, endMs: time, stepMs: undefined };
}

function steps(random: Random, fromMs: number, toMs: number): Omit<FuzzQuery, "text"> {
  const stepMs = random.pick(STEPS_S) * 1000;
  const { startMs } = moment(random, fromMs, toMs - 600_000);
  const lengthMs = Math.floor(random.next() * RANGE_STEPS_MAX * stepMs);
  const endMs = startMs + (random.chance(0.5) ? Math.floor(lengthMs / stepMs) * stepMs : lengthMs);
  return { startMs, endMs, stepMs };
}

// Takes away, adds or swaps a word, or puts an expression where another type belongs.
function spoil(scope: Scope, text: string, depth: number): string {
  const { random } = scope;
  const tokens = text.match(/[A-Za-z_0-9.]+|"(?:[^"\\]|\\.)*"|\s+|./gsu) ?? [];
  const at = random.below(tokens.length);
  return random.weighted<() => string>([
    [3, () => tokens.toSpliced(at, 1).join("")],
    [3, () => tokens.toSpliced(at, 0, ` ${random.pick(STRAY_TOKENS)} `).join("")],
    [2, () => tokens.toSpliced(at, 1, random.pick(STRAY_TOKENS)).join("")],
    [1, () => tokens.slice(0, at).join("")],
    [1, () => `${text} + ${range(scope, depth - 1)}`],
    [1, () => text.replace(/,/, "")],
    [1, () => text.replace(/\(/, `(${scalar(scope, 1)}, `)],
    [1, () => text.replace(/\)$/, `, ${random.pick(["1", '"a"', "up", "up[5m]"])})`)],
    [
      1,
      () =>
        `${random.pick(["abs", "rate", "sum", "scalar", "histogram_quantile", "label_join"])}(${anyExpression(scope, 1)})`,
    ],
  ])();
}
