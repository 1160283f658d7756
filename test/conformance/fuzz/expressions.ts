import { labelList, labelsInScope, numberWord, quoted, timeWord, type Scope } from "./scope.ts";
import { labelSelector, modifiers, rangeSelector, selector } from "./selectors.ts";
import * as words from "./words.ts";

type Maker = (scope: Scope, depth: number) => string;

const VECTORS: readonly (readonly [weight: number, make: Maker])[] = [
  [10, rangeCall],
  [9, aggregation],
  [9, vectorBinary],
  [5, vectorScalar],
  [4, elementwiseCall],
  [3, setOperation],
  [3, histogramCall],
  [2, labelCall],
  [2, boundCall],
  [1.5, parameterRangeCall],
  [1, sortCall],
  [1, infoCall],
  [1, (scope, depth) => `(${vector(scope, depth - 1)})`],
  [1, (scope, depth) => `${scope.random.pick(["-", "-", "+"])}${vector(scope, depth - 1)}`],
  [0.7, (scope, depth) => `vector(${scalar(scope, depth - 1)})`],
  [0.3, ({ random }) => `${random.pick(["hour", "month", "day_of_week", "minute"])}()`],
];

/** An expression whose type is instant vector. */
export function vector(scope: Scope, depth: number): string {
  if (depth <= 0 || scope.random.chance(0.08)) return selector(scope);
  return scope.random.weighted(VECTORS)(scope, depth);
}

/** An expression whose type is scalar. */
export function scalar(scope: Scope, depth: number): string {
  const { random } = scope;
  if (depth <= 0 || random.chance(0.6)) return numberWord(scope);
  return random.weighted<() => string>([
    [3, () => `scalar(${vector(scope, depth - 1)})`],
    [1, () => "time()"],
    [0.5, () => "pi()"],
    [2, () => `(${scalar(scope, depth - 1)} ${random.pick(words.ARITHMETIC)} ${scalar(scope, depth - 1)})`],
    [
      1,
      () =>
        `(${scalar(scope, depth - 1)} ${random.pick(words.COMPARISONS)} bool ${scalar(scope, depth - 1)})`,
    ],
    [1, () => `-${scalar(scope, depth - 1)}`],
  ])();
}

/** An expression whose type is range vector. */
export function range(scope: Scope, depth: number): string {
  const { random } = scope;
  if (depth <= 0 || random.chance(0.7)) return rangeSelector(scope);
  const inner = vector(scope, depth - 1);
  const isSafe = /^[a-z_]+(\{[^}]*\})?$|^\(.*\)$|^[a-z_0-9]+\(.*\)$/s.test(inner);
  const body = isSafe && random.chance(0.5) ? inner : `(${inner})`;
  const steps = `[${random.pick(words.SUBQUERY_RANGES)}:${random.pick(words.SUBQUERY_STEPS)}]`;
  return `${body}${steps}${modifiers(scope)}`;
}

function rangeCall(scope: Scope, depth: number): string {
  return `${scope.random.pick(words.RANGE_FUNCTIONS)}(${range(scope, depth - 1)})`;
}

function parameterRangeCall(scope: Scope, depth: number): string {
  const { random } = scope;
  return random.weighted<() => string>([
    [2, () => `quantile_over_time(${parameter(scope, depth, words.FRACTIONS)}, ${range(scope, depth - 1)})`],
    [
      2,
      () =>
        `predict_linear(${range(scope, depth - 1)}, ${parameter(scope, depth, ["60", "3600", "-60", "0", "5m"])})`,
    ],
    [
      1,
      () => {
        const factors = ["0.1", "0.5", "0.9", "0.3", "0.7", "1", "0", "NaN"];
        return `double_exponential_smoothing(${range(scope, depth - 1)}, ${random.pick(factors)}, ${random.pick(factors)})`;
      },
    ],
  ])();
}

function parameter(scope: Scope, depth: number, literals: readonly string[]): string {
  return scope.random.chance(0.85) ? scope.random.pick(literals) : scalar(scope, depth - 1);
}

function elementwiseCall(scope: Scope, depth: number): string {
  return `${scope.random.pick(words.ELEMENTWISE)}(${vector(scope, depth - 1)})`;
}

function boundCall(scope: Scope, depth: number): string {
  const { random } = scope;
  const inner = vector(scope, depth - 1);
  const bound = (): string => parameter(scope, depth, words.NUMBERS);
  return random.weighted<() => string>([
    [1, () => `clamp(${inner}, ${bound()}, ${bound()})`],
    [1, () => `clamp_min(${inner}, ${bound()})`],
    [1, () => `clamp_max(${inner}, ${bound()})`],
    [2, () => (random.chance(0.4) ? `round(${inner})` : `round(${inner}, ${bound()})`)],
  ])();
}

function sortCall(scope: Scope, depth: number): string {
  const { random } = scope;
  const inner = vector(scope, depth - 1);
  if (random.chance(0.5)) return `${random.pick(["sort", "sort_desc"])}(${inner})`;
  const labels = random.some(labelsInScope(scope), 2).map((label) => `, ${quoted(label)}`);
  return `${random.pick(["sort_by_label", "sort_by_label_desc"])}(${inner}${labels.join("")})`;
}

function infoCall(scope: Scope, depth: number): string {
  const inner = scope.random.chance(0.6) ? selector(scope) : vector(scope, depth - 1);
  return scope.random.chance(0.5) ? `info(${inner})` : `info(${inner}, ${labelSelector(scope)})`;
}

function histogramCall(scope: Scope, depth: number): string {
  const { random } = scope;
  const inner = vector(scope, depth - 1);
  const number = (): string =>
    parameter(scope, depth, ["0", "0.1", "0.5", "1", "-1", "2", "Inf", "-Inf", "NaN", "0.001"]);
  return random.weighted<() => string>([
    [2, () => `${random.pick(words.HISTOGRAM_FUNCTIONS)}(${inner})`],
    [2, () => `histogram_quantile(${parameter(scope, depth, words.FRACTIONS)}, ${inner})`],
    [1, () => `histogram_fraction(${number()}, ${number()}, ${inner})`],
  ])();
}

function labelCall(scope: Scope, depth: number): string {
  const { random } = scope;
  const label = (): string =>
    quoted(
      random.chance(0.75)
        ? random.pick(labelsInScope(scope))
        : random.pick(["new", "__name__", "new", "a b", ""]),
    );
  const inner = vector(scope, depth - 1);
  if (random.chance(0.6)) {
    const [text, pattern] = [random.pick(words.REPLACEMENTS), random.pick(words.REPLACE_PATTERNS)];
    return `label_replace(${inner}, ${label()}, ${quoted(text)}, ${label()}, ${quoted(pattern)})`;
  }
  const sources = Array.from({ length: random.below(4) }, () => `, ${label()}`).join("");
  return `label_join(${inner}, ${label()}, ${quoted(random.pick(["-", "", ", "]))}${sources})`;
}

function aggregation(scope: Scope, depth: number): string {
  const { random } = scope;
  const inner = vector(scope, depth - 1);
  const argument = random.weighted<() => string>([
    [8, () => `${random.pick(words.AGGREGATORS)} (${inner})`],
    [
      2,
      () => `${random.pick(["topk", "bottomk"])} (${parameter(scope, depth, words.SMALL_NUMBERS)}, ${inner})`,
    ],
    [1, () => `quantile (${parameter(scope, depth, words.FRACTIONS)}, ${inner})`],
    [1, () => `count_values (${quoted(random.pick(["value", "v", "job", "le", "idx"]))}, ${inner})`],
    [0.6, () => `limitk (${random.pick(words.SMALL_NUMBERS)}, ${inner})`],
    [0.6, () => `limit_ratio (${random.pick(words.FRACTIONS)}, ${inner})`],
  ])();
  const grouping = random.chance(0.65)
    ? `${random.pick(["by", "by", "without"])} (${labelList(scope, 3)})`
    : "";
  if (random.chance(0.5)) return `${argument} ${grouping}`.trimEnd();
  return argument.replace(" (", ` ${grouping}(`);
}

function vectorScalar(scope: Scope, depth: number): string {
  const { random } = scope;
  const op = operator(scope);
  const sides = [operand(scope, depth), scalar(scope, depth - 1)];
  if (random.chance(0.35)) sides.reverse();
  return `${sides[0]} ${op} ${sides[1]}`;
}

function operator({ random }: Scope): string {
  if (random.chance(0.6)) return random.pick(words.ARITHMETIC);
  return `${random.pick(words.COMPARISONS)}${random.chance(0.4) ? " bool" : ""}`;
}

function operand(scope: Scope, depth: number): string {
  const inner = vector(scope, depth - 1);
  return /^[a-z_0-9]+(\(.*\)|\{[^}]*\})?$/s.test(inner) && !inner.includes(" ") ? inner : `(${inner})`;
}

function vectorBinary(scope: Scope, depth: number): string {
  const { random } = scope;
  const labels = labelList(scope, 2);
  const matching = random.weighted([
    [3, ""],
    [4, `on (${labels})`],
    [3, `ignoring (${labels})`],
  ]);
  if (matching === "" || random.chance(0.45)) {
    const left = operand(scope, depth);
    // The same operand again, so that the sides match.
    const right = random.chance(0.35) ? left : operand(scope, depth);
    return `${left} ${operator(scope)} ${matching} ${right}`;
  }
  const include = random.chance(0.4) ? labelList(scope, 2) : "";
  const group = `${random.pick(["group_left", "group_right"])} ${random.chance(0.8) ? `(${include})` : ""}`;
  const many = operand(scope, depth);
  // Aggregated to the labels that are matched, so that it is unique.
  const isUnique = random.chance(0.7) && matching.startsWith("on");
  const one = isUnique
    ? `${random.pick(words.AGGREGATORS)} by (${labels}) (${vector(scope, depth - 1)})`
    : operand(scope, depth);
  const sides = group.startsWith("group_left") ? [many, one] : [one, many];
  return `${sides[0]} ${operator(scope)} ${matching} ${group} ${sides[1]}`;
}

function setOperation(scope: Scope, depth: number): string {
  const { random } = scope;
  const matching = random.weighted([
    [3, ""],
    [2, `on (${labelList(scope, 2)})`],
    [2, `ignoring (${labelList(scope, 2)})`],
  ]);
  return `${operand(scope, depth)} ${random.pick(words.SET_OPERATORS)} ${matching} ${operand(scope, depth)}`;
}

/** Any expression at the top of an instant query. */
export function anyExpression(scope: Scope, depth: number): string {
  const { random } = scope;
  return random.weighted<() => string>([
    [20, () => vector(scope, depth)],
    [1.5, () => range(scope, depth)],
    [1.5, () => scalar(scope, depth)],
    [0.3, () => quoted(timeWord(scope))],
  ])();
}
