import type { Metric } from "./dataset.ts";
import { labelsInScope, labelWord, quoted, timeWord, type Scope } from "./scope.ts";
import { OFFSETS, RANGES } from "./words.ts";

/** An instant selector, modifiers included. */
export function selector(scope: Scope): string {
  return bareSelector(scope) + modifiers(scope);
}

/** A range selector. */
export function rangeSelector(scope: Scope): string {
  return `${bareSelector(scope)}[${scope.random.pick(RANGES)}]${modifiers(scope)}`;
}

/** `offset` and `@`, mostly neither. */
export function modifiers(scope: Scope): string {
  const { random } = scope;
  const parts: string[] = [];
  if (random.chance(0.14)) parts.push(` offset ${random.pick(OFFSETS)}`);
  if (random.chance(0.08)) {
    parts.push(
      ` @ ${random.weighted([
        [2, timeWord(scope)],
        [1, "start()"],
        [1, "end()"],
      ])}`,
    );
  }
  return random.chance(0.5) ? parts.join("") : parts.toReversed().join("");
}

/** A selector's braces without a name, for `info`. */
export function labelSelector(scope: Scope): string {
  const metric = scope.random.pick(scope.group);
  return `{${matchers(scope, metric, 2).join(", ")}}`;
}

function bareSelector(scope: Scope): string {
  const { random } = scope;
  const metric = random.pick(scope.group);
  const list = matchers(scope, metric, 2);
  // Large metrics are narrowed, so that nested queries stay small.
  if (metric.seriesCount > 100 && random.chance(0.9)) list.push(narrowing(scope, metric));
  const isPlain = /^[A-Za-z_:][A-Za-z0-9_:]*$/.test(metric.name);
  if (isPlain && random.chance(0.8)) {
    return list.length > 0 || random.chance(0.03) ? `${metric.name}{${list.join(",")}}` : metric.name;
  }
  const named = random.weighted([
    [5, quoted(metric.name)],
    [2, `__name__=${quoted(metric.name)}`],
    [2, `__name__=~${quoted(namePattern(scope, metric))}`],
  ]);
  return random.chance(0.7) ? `{${[named, ...list].join(", ")}}` : `{${[...list, named].join(",")}}`;
}

function namePattern({ random, group }: Scope, { name }: Metric): string {
  return random.weighted([
    [3, escapePattern(name)],
    [2, `${escapePattern(name)}|${escapePattern(random.pick(group).name)}`],
    [2, `${escapePattern(name.slice(0, 4))}.*`],
    [1, `.*${escapePattern(name.slice(-3))}`],
  ]);
}

function narrowing({ random }: Scope, { labels }: Metric): string {
  const [label, values] = random.pick([...labels].filter(([, known]) => known.length >= 3));
  return `${labelWord(label)}=${quoted(random.pick(values))}`;
}

function matchers(scope: Scope, metric: Metric, countMax: number): string[] {
  const { random } = scope;
  if (random.chance(0.5)) return [];
  return Array.from({ length: 1 + random.below(countMax) }, () => matcher(scope, metric));
}

function matcher(scope: Scope, metric: Metric): string {
  const { random } = scope;
  const own = [...metric.labels.keys()];
  const label = own.length > 0 && random.chance(0.92) ? random.pick(own) : random.pick(labelsInScope(scope));
  const values = metric.labels.get(label) ?? [""];
  const value = random.chance(0.9) ? random.pick(values) : random.pick(["", "nosuch"]);
  const op = random.weighted([
    [4, "="],
    [3, "!="],
    [4, "=~"],
    [3, "!~"],
  ]);
  return `${labelWord(label)}${op}${quoted(op.endsWith("~") ? valuePattern(scope, value, values) : value)}`;
}

function valuePattern({ random }: Scope, value: string, values: readonly string[]): string {
  const text = escapePattern(value);
  return random.weighted<() => string>([
    [3, () => text],
    [3, () => `${text}|${escapePattern(random.pick(values))}`],
    [2, () => `${escapePattern(value.slice(0, 2))}.*`],
    [2, () => `.*${escapePattern(value.slice(-1))}`],
    [1, () => ".+"],
    [1, () => ".*"],
    [1, () => ""],
    [1, () => "[0-3a-m].*"],
    [1, () => `(?i:${text.toUpperCase()})`],
    [1, () => `${text}?`],
    [1, () => `(${text}|)`],
    [1, () => `[^${escapePattern(value.slice(0, 1)) || "x"}].*`],
    [1, () => `.${text.slice(1)}`],
  ])();
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
