import type { Metric } from "./dataset.ts";
import type { Random } from "./random.ts";
import { GROUPS, NUMBERS } from "./words.ts";

/** What the parts of one query are drawn from. */
export interface Scope {
  readonly random: Random;
  /** The metrics that the query is mostly about. */
  readonly group: readonly Metric[];
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** @throws Error when a group names a metric that the data set lacks. */
export function openScope(
  random: Random,
  metrics: readonly Metric[],
  bounds: readonly [number, number],
): Scope {
  const group = random.weighted(GROUPS).map((name) => {
    const metric = metrics.find((candidate) => candidate.name === name);
    if (metric === undefined) throw new Error(`the data set has no metric ${name}`);
    return metric;
  });
  return { random, group, startSeconds: bounds[0], endSeconds: bounds[1] };
}

/** Label names of the group's metrics, each as often as metrics have it. */
export function labelsInScope({ group }: Scope): string[] {
  const names = group.flatMap(({ labels }) => [...labels.keys()]);
  return names.length === 0 ? ["job"] : names;
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A label name as it may stand in a list. */
export function labelWord(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : quoted(name);
}

export function labelList(scope: Scope, countMax: number): string {
  const { random } = scope;
  const names = [...new Set(labelsInScope(scope))];
  const drawn = random.some(names, countMax).map(labelWord);
  if (random.chance(0.05)) drawn.push("nosuch");
  if (random.chance(0.04)) drawn.push("__name__");
  return drawn.join(", ");
}

export function numberWord({ random }: Scope): string {
  return random.chance(0.7) ? random.pick(NUMBERS) : String(Math.round((random.next() - 0.4) * 20_000) / 100);
}

/** A time inside or near the data, in seconds. */
export function timeWord(scope: Scope): string {
  const { random, startSeconds, endSeconds } = scope;
  const seconds = startSeconds - 300 + random.next() * (endSeconds - startSeconds + 600);
  return random.chance(0.5) ? String(Math.round(seconds / 30) * 30) : seconds.toFixed(random.below(4));
}
