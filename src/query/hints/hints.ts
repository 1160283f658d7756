import { goQuote, METRIC_NAME, millis, type Matcher, type Millis } from "../../model/index.ts";
import {
  offsetMs,
  printExpr,
  rangeMs,
  selectorsOf,
  walkExpr,
  type AggregateExpr,
  type BinaryExpr,
  type Expr,
  type VectorSelector,
} from "../../promql/parse/index.ts";
import { createSeriesSamples, type LookupRequest, type Queryable } from "../../storage/index.ts";
import { nearestText } from "./nearest.ts";

/** What was asked and where the answer came from. */
export interface HintRequest {
  readonly expr: Expr;
  readonly queryable: Queryable;
  readonly startMs: number;
  readonly endMs: number;
  readonly lookbackMs: number;
  /** Whether nothing was found. */
  readonly isEmpty: boolean;
}

const HINTS_MAX = 10;
/** Series whose samples are looked for, so that a hint stays cheap. */
const SERIES_READ_MAX = 1000;
const PREFIX = "Narthex hint: ";

/**
 * Tells why an answer is empty or not what was meant: which matcher of which selector leaves nothing over, which label
 * no series has, and what there is instead that looks like it. At most ten texts.
 */
export function hintsFor(request: HintRequest): string[] {
  const hints: string[] = [];
  if (request.isEmpty)
    for (const selector of selectorsOf(request.expr)) hints.push(...selectorHints(selector, request));
  walkExpr(request.expr, (node) => {
    if (node.kind === "aggregate") hints.push(...groupingHints(node, request));
    else if (node.kind === "binary") hints.push(...matchingHints(node, request));
  });
  return [...new Set(hints)].slice(0, HINTS_MAX).map((hint) => PREFIX + hint);
}

function selectorHints(selector: VectorSelector, request: HintRequest): string[] {
  const { matchers } = selector;
  const shown = selectorText(selector);
  // What is looked at with @ may be anywhere.
  if (selector.at !== undefined) return [];
  if (hasSeries(matchers, request)) {
    if (hasSamples(matchers, request)) return [];
    const { from, to } = rangeOf(request);
    return [`${shown} has series, but no samples from ${timeText(from)} to ${timeText(to)}`];
  }
  const named = matchers.filter(({ name, kind }) => name === METRIC_NAME && kind === "=");
  const rest = matchers.filter((matcher) => !named.includes(matcher));
  if (named.length > 0 && !hasSeries(named, request)) {
    const [name] = named as [Matcher];
    const names = request.queryable.labelValues(METRIC_NAME, lookup([], request));
    return [`there is no metric ${goQuote(name.value)}${meant(name.value, names)}`];
  }
  const culprits = rest.filter((matcher) => !hasSeries([...named, matcher], request));
  if (culprits.length > 0) return culprits.map((matcher) => matcherHint(shown, matcher, named, request));
  return [`each matcher of ${shown} matches series, but no series matches all of them`];
}

function matcherHint(
  shown: string,
  matcher: Matcher,
  named: readonly Matcher[],
  request: HintRequest,
): string {
  const { name, kind, value } = matcher;
  const text = `${name}${kind}${goQuote(value)}`;
  const among = named.length > 0 ? `series of ${named[0]!.value}` : "series";
  const values = request.queryable.labelValues(name, lookup(named, request));
  if (values.length === 0) {
    const labels = request.queryable.labelNames(lookup(named, request));
    return `${text} in ${shown}: no ${among} has a label ${goQuote(name)}${meant(name, labels)}`;
  }
  if (kind === "=" || kind === "=~") {
    return `${text} in ${shown} matches none of the ${values.length} values of ${name}${meant(value, values)}`;
  }
  return `${text} in ${shown} leaves out all ${among}`;
}

function groupingHints(node: AggregateExpr, request: HintRequest): string[] {
  return missingLabels(node.grouping, node.expr, request).map(
    ({ label, labels }) =>
      `${node.without ? "without" : "by"} (${label}) of ${node.op}: no series has a label ${goQuote(label)}${meant(label, labels)}`,
  );
}

function matchingHints(node: BinaryExpr, request: HintRequest): string[] {
  const { matching } = node;
  if (matching === undefined || matching.labels.length === 0) return [];
  const word = matching.on ? "on" : "ignoring";
  return [node.left, node.right].flatMap((side, at) =>
    missingLabels(matching.on ? matching.labels : [], side, request).map(
      ({ label, labels }) =>
        `${word} (${label}) of ${node.op}: no series on the ${at === 0 ? "left" : "right"} has a label ${goQuote(label)}${meant(label, labels)}`,
    ),
  );
}

// Labels that no series below has, if there are series and nothing below makes labels.
function missingLabels(
  wanted: readonly string[],
  below: Expr,
  request: HintRequest,
): { readonly label: string; readonly labels: readonly string[] }[] {
  if (wanted.length === 0 || makesLabels(below)) return [];
  const known = new Set<string>();
  for (const { matchers } of selectorsOf(below)) {
    for (const name of request.queryable.labelNames(lookup(matchers, request))) known.add(name);
  }
  if (known.size === 0) return [];
  const labels = [...known];
  return wanted.filter((label) => !known.has(label)).map((label) => ({ label, labels }));
}

const LABEL_MAKERS: ReadonlySet<string> = new Set([
  "info",
  "label_join",
  "label_replace",
  "histogram_quantiles",
]);

function makesLabels(expr: Expr): boolean {
  let makes = false;
  walkExpr(expr, (node) => {
    makes ||= node.kind === "call" && LABEL_MAKERS.has(node.func);
    makes ||= node.kind === "aggregate" && node.op === "count_values";
  });
  return makes;
}

function meant(text: string, candidates: readonly string[]): string {
  const nearest = nearestText(text, candidates);
  return nearest === undefined ? "" : `; did you mean ${goQuote(nearest)}?`;
}

// Without what says when, which is not what is looked for.
function selectorText(selector: VectorSelector): string {
  return printExpr({ ...selector, offset: undefined, at: undefined, extension: undefined });
}

function hasSeries(matchers: readonly Matcher[], request: HintRequest): boolean {
  return request.queryable.series(lookup(matchers, request)).length > 0;
}

function hasSamples(matchers: readonly Matcher[], request: HintRequest): boolean {
  const selection = request.queryable.select({ matchers, ...rangeOf(request) });
  try {
    const samples = createSeriesSamples();
    for (let series = 0; series < Math.min(selection.seriesCount, SERIES_READ_MAX); series++) {
      selection.read(series, samples);
      if (samples.count > 0) return true;
    }
    return selection.seriesCount > SERIES_READ_MAX;
  } finally {
    selection.close();
  }
}

function lookup(matchers: readonly Matcher[], request: HintRequest): LookupRequest {
  return { matchers, ...rangeOf(request) };
}

/** From the oldest to the newest time that any part of the query may look at, if it does not name one with `@`. */
function rangeOf({ expr, startMs, endMs, lookbackMs }: HintRequest): { from: Millis; to: Millis } {
  let back = lookbackMs;
  let ahead = 0;
  const context = { startMs, endMs, stepMs: 0 };
  walkExpr(expr, (node) => {
    if (node.kind === "matrixSelector" || node.kind === "subquery") back += rangeMs(node, context);
    const shifted = node.kind === "matrixSelector" ? node.vector : node;
    if (shifted.kind !== "vectorSelector" && shifted.kind !== "subquery") return;
    const offset = offsetMs(shifted, context);
    back += Math.max(0, offset);
    ahead += Math.max(0, -offset);
  });
  return { from: millis(Math.floor(startMs - back)), to: millis(Math.ceil(endMs + ahead)) };
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
