import { assert } from "../../base/index.ts";
import {
  compileMatcher,
  labelEntries,
  labelsFromEntries,
  labelsKey,
  labelsText,
  labelValue,
  METRIC_NAME,
  type CompiledMatcher,
  type Labels,
  type Matcher,
} from "../../model/index.ts";
import { PromqlExecutionError } from "../errors.ts";
import { materialize, type VectorBatch } from "../exec/batch.ts";
import {
  ABSENT,
  clearColumn,
  copyPoint,
  createStepColumn,
  type StepColumn,
  type VectorStream,
} from "../exec/columns.ts";
import { evaluateSelect } from "../exec/select.ts";
import { createVectorStream } from "../exec/stream.ts";
import type { PlanNode, SelectNode } from "../plan/plan.ts";
import { vectorArgument } from "./arguments.ts";
import type { FunctionTable, SpecialCall } from "./registry.ts";

/** FN-40, FN-53: adds the labels of info metrics, such as target_info, to the series they belong to. */
export const infoFunctions: FunctionTable = {
  info: { kind: "special", evaluate: info },
};

const IDENTIFYING_LABELS = ["instance", "job"] as const;
const DEFAULT_INFO_METRIC: Matcher = { kind: "=", name: METRIC_NAME, value: "target_info" };
// What names are meant when a selector only says which ones are not.
const ANY_INFO_METRIC: Matcher = { kind: "=~", name: METRIC_NAME, value: ".+_info" };

interface InfoQuery {
  readonly nameMatchers: readonly CompiledMatcher[];
  readonly dataMatchers: readonly CompiledMatcher[]; // On other labels than the name.
}

function info(call: SpecialCall): VectorStream {
  const { context, grid, node } = call;
  const query = readSelector(node.args[1]);
  const base = materialize(vectorArgument(call, 0), grid.count, context.memory);
  const isInfo = (labels: Labels): boolean =>
    query.nameMatchers.every((matcher) => matcher.matches(labelValue(labels, METRIC_NAME)));
  const select = infoSelect(call, query, base, isInfo);
  const found =
    select === undefined
      ? undefined
      : materialize(evaluateSelect(select, grid, context, "time"), grid.count, context.memory);
  const enriched = new Enriched(base, grid.count);
  for (let step = 0; step < grid.count; step++) {
    const infos = found === undefined ? new Map<string, number[]>() : infosAt(found, step);
    for (let series = 0; series < base.seriesCount; series++) {
      if (base.kinds[series * grid.count + step] === ABSENT) continue;
      const labels = base.labels(series);
      const added = isInfo(labels)
        ? []
        : addedLabels(labels, infos.get(identity(labels)) ?? [], found, query);
      if (added !== undefined) enriched.put(series, step, added);
    }
  }
  return enriched.stream(call);
}

function readSelector(selector: PlanNode | undefined): InfoQuery {
  if (selector === undefined)
    return { nameMatchers: [compileMatcher(DEFAULT_INFO_METRIC)], dataMatchers: [] };
  assert(selector.kind === "select", "a selector as the second argument of info()");
  const names = selector.matchers.filter(({ name }) => name === METRIC_NAME);
  const onlyNegative = names.length > 0 && names.every(({ kind }) => kind === "!=" || kind === "!~");
  const wanted =
    names.length === 0 ? [DEFAULT_INFO_METRIC] : onlyNegative ? [...names, ANY_INFO_METRIC] : names;
  return {
    nameMatchers: wanted.map(compileMatcher),
    dataMatchers: selector.matchers.filter(({ name }) => name !== METRIC_NAME).map(compileMatcher),
  };
}

/** The selector of the info series that can belong to any of the base series; undefined when none can. */
function infoSelect(
  { node }: SpecialCall,
  { nameMatchers, dataMatchers }: InfoQuery,
  base: VectorBatch,
  isInfo: (labels: Labels) => boolean,
): SelectNode | undefined {
  const values = IDENTIFYING_LABELS.map(() => new Set<string>());
  for (let series = 0; series < base.seriesCount; series++) {
    const labels = base.labels(series);
    if (isInfo(labels)) continue;
    for (const [at, name] of IDENTIFYING_LABELS.entries()) {
      const value = labelValue(labels, name);
      if (value !== "") values[at]!.add(value);
    }
  }
  if (values.every((set) => set.size === 0)) return undefined;
  const identifying = IDENTIFYING_LABELS.flatMap((name, at): Matcher[] => {
    const wanted = [...values[at]!];
    return wanted.length === 0 ? [] : [{ kind: "=~", name, value: wanted.map(escapeRegex).join("|") }];
  });
  const { offsetMs, atMs } = firstPlace(node.args[0]!, HERE) ?? HERE;
  return {
    kind: "select",
    matchers: [...nameMatchers, ...dataMatchers].map(({ matcher }) => matcher).concat(identifying),
    offsetMs,
    atMs,
    extension: undefined,
    onlyStatistics: false,
    invariant: false,
    pos: node.pos,
  };
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}

/** When a selector looks: at `atMs` or the step's time, minus the offset. */
type Place = Pick<SelectNode, "offsetMs" | "atMs">;

const HERE: Place = { offsetMs: 0, atMs: undefined };

/** The info lookup moves with the offset and @ of the first selector and of the subqueries around it. */
function firstPlace(node: PlanNode, around: Place): Place | undefined {
  switch (node.kind) {
    case "select":
      return placeWithin(node, around);
    case "window":
      return placeWithin(node.select, around);
    case "subquery":
      return firstPlace(node.inner, placeWithin(node, around));
    case "unary":
      return firstPlace(node.operand, around);
    case "aggregate":
      return firstPlace(node.operand, around);
    case "binary":
      return firstPlace(node.left, around) ?? firstPlace(node.right, around);
    case "call":
      return node.args.map((arg) => firstPlace(arg, around)).find((found) => found !== undefined);
    case "number":
    case "string":
      return undefined;
  }
}

/** An own @ stands by itself; offsets add up. */
function placeWithin({ offsetMs, atMs }: Place, around: Place): Place {
  return atMs === undefined
    ? { offsetMs: around.offsetMs + offsetMs, atMs: around.atMs }
    : { offsetMs, atMs };
}

function identity(labels: Labels): string {
  return IDENTIFYING_LABELS.map((name) => labelValue(labels, name)).join("\u0000");
}

/** Info series at a step by the identity they speak of: of each metric the one with the newest sample. */
function infosAt(found: VectorBatch, step: number): Map<string, number[]> {
  const byIdentity = new Map<string, number[]>();
  const newest = new Map<string, number>();
  for (let series = 0; series < found.seriesCount; series++) {
    if (found.kinds[series * found.stepCount + step] === ABSENT) continue;
    const labels = found.labels(series);
    const who = identity(labels);
    const key = `${labelValue(labels, METRIC_NAME)}\u0000${who}`;
    const other = newest.get(key);
    if (other !== undefined && !isNewer(found, step, { series, other })) continue;
    newest.set(key, series);
    const list = (byIdentity.get(who) ?? []).filter((item) => item !== other);
    byIdentity.set(who, [...list, series]);
  }
  return byIdentity;
}

function isNewer(
  found: VectorBatch,
  step: number,
  { series, other }: { readonly series: number; readonly other: number },
): boolean {
  const time = found.values[series * found.stepCount + step]!;
  const otherTime = found.values[other * found.stepCount + step]!;
  if (time !== otherTime) return time > otherTime;
  const [first, second] = [other, series].map(
    (index) => `${labelsText(found.labels(index))} @ ${time * 1000}`,
  );
  throw new PromqlExecutionError(`found duplicate series for info metric: existing ${first}, new ${second}`);
}

/** Labels to add; undefined when the base series is to be left out. */
function addedLabels(
  base: Labels,
  infos: readonly number[],
  found: VectorBatch | undefined,
  { dataMatchers }: InfoQuery,
): [string, string][] | undefined {
  const own = new Map(labelEntries(base));
  const added = new Map<string, string>();
  for (const series of infos) {
    for (const [name, value] of labelEntries(found!.labels(series))) {
      if (name === METRIC_NAME) continue;
      if (dataMatchers.length > 0 && !dataMatchers.some(({ matcher }) => matcher.name === name)) continue;
      const earlier = added.get(name);
      if (earlier !== undefined && earlier !== value)
        throw new PromqlExecutionError(`conflicting label: ${name}`);
      if (!own.has(name)) added.set(name, value);
    }
  }
  const nothingFound = infos.length === 0 && dataMatchers.some(({ matchesEmpty }) => !matchesEmpty);
  return nothingFound ? undefined : [...added];
}

/** Output series under construction: the labels of a base series may differ from step to step. */
class Enriched {
  readonly #base: VectorBatch;
  readonly #scratch: StepColumn;
  readonly #series = new Map<
    string,
    { labels: Labels; base: number; steps: { series: number; step: number }[] }
  >();

  constructor(base: VectorBatch, stepCount: number) {
    this.#base = base;
    this.#scratch = createStepColumn(stepCount);
  }

  put(series: number, step: number, added: readonly (readonly [string, string])[]): void {
    const base = this.#base.labels(series);
    const labels = added.length === 0 ? base : labelsFromEntries([...labelEntries(base), ...added]);
    const key = labelsKey(labels);
    const known = this.#series.get(key);
    if (known === undefined) this.#series.set(key, { labels, base: series, steps: [{ series, step }] });
    else known.steps.push({ series, step });
  }

  stream({ context }: SpecialCall): VectorStream {
    const list = [...this.#series.values()];
    return createVectorStream(context, {
      seriesCount: list.length,
      uniqueWithoutName: false,
      labels: (index) => list[index]!.labels,
      dropsName: (index) => this.#base.dropsName(list[index]!.base),
      read: (index, into) => {
        clearColumn(into);
        let loaded = -1;
        for (const { series, step } of list[index]!.steps) {
          if (series !== loaded) this.#base.read(series, this.#scratch);
          loaded = series;
          copyPoint(this.#scratch, into, step);
        }
      },
      inputs: [this.#base],
    });
  }
}
