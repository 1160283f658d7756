import { labelsKey, labelsText, type Histogram, type Labels } from "../../../model/index.ts";
import { PromqlExecutionError } from "../../errors.ts";
import { materialize, type VectorBatch } from "../batch.ts";
import {
  ABSENT,
  clearColumn,
  createStepColumn,
  FLOAT,
  HISTOGRAM,
  setPoint,
  type StepColumn,
  type VectorStream,
} from "../columns.ts";
import type { EvalContext } from "../context.ts";
import type { StepGrid } from "../grid.ts";
import { SAME_LABELSET } from "../merge.ts";
import { createVectorStream } from "../stream.ts";
import { createCombine, dropsMetricName, type Combine } from "./combine.ts";
import { matchLabels, resultLabels } from "./matching.ts";
import type { MatchedNode, Pairing } from "./pairing.ts";

/**
 * The general case of vector matching, one step after the other: several series of a match group that may or may
 * not meet at a step, and fill values. Source: Prometheus promql/engine.go, VectorBinop; spec BIN-8 to BIN-15.
 */
export function combineByStep(
  node: MatchedNode,
  pairing: Pairing,
  grid: StepGrid,
  context: EvalContext,
): VectorStream {
  const matcher = new StepMatcher(node, pairing, grid, context);
  for (let step = 0; step < grid.count; step++) {
    context.guard.check(pairing.many.seriesCount);
    matcher.match(step);
  }
  const { outputs } = matcher;
  const { features } = context;
  return createVectorStream(context, {
    seriesCount: outputs.length,
    uniqueWithoutName: dropsMetricName(node) && !features.delayedNameRemoval,
    labels: (index) => outputs[index]!.labels,
    dropsName: (index) => outputs[index]!.dropsName,
    read(index, into) {
      clearColumn(into);
      for (const { step, point } of outputs[index]!.points) setPoint(into, step, point);
    },
    inputs: [matcher.many, matcher.one],
  });
}

interface Output {
  readonly labels: Labels;
  readonly dropsName: boolean;
  readonly points: { readonly step: number; readonly point: number | Histogram }[];
  lastStep: number; // At which it got a point.
}

const NONE = -1;

class StepMatcher {
  readonly many: VectorBatch;
  readonly one: VectorBatch;
  readonly outputs: Output[] = [];
  readonly #node: MatchedNode;
  readonly #context: EvalContext;
  readonly #pairing: Pairing;
  readonly #combine: Combine;
  readonly #isSwapped: boolean;
  readonly #oneAt: Int32Array; // Series of the one side by group, at this step.
  readonly #isMatched: Uint8Array; // Groups that gave a result at this step, kept or not.
  readonly #results = new Set<string>(); // Group and labels of those, in many-to-one matching.
  readonly #byPair = new Map<string, Output>();
  readonly #byLabels = new Map<string, Output>();
  readonly #manyPoint: StepColumn = createStepColumn(1);
  readonly #onePoint: StepColumn = createStepColumn(1);
  readonly #out: StepColumn = createStepColumn(1);

  constructor(node: MatchedNode, pairing: Pairing, grid: StepGrid, context: EvalContext) {
    this.#node = node;
    this.#context = context;
    this.#pairing = pairing;
    this.#combine = createCombine(node, 1, context, "left");
    this.#isSwapped = node.matching.cardinality === "one-to-many";
    this.#oneAt = new Int32Array(pairing.groupCount);
    this.#isMatched = new Uint8Array(pairing.groupCount);
    this.many = materialize(pairing.many, grid.count, context.memory);
    this.one = materialize(pairing.one, grid.count, context.memory);
  }

  match(step: number): void {
    const { manyGroups, oneGroups } = this.#pairing;
    // As in Prometheus, which swaps the sides for group_right but not what is to be filled in for them: fill_left is
    // for the many side and fill_right for the one side.
    const { fillLeft: fillMany, fillRight: fillOne } = this.#node.matching;
    if (!this.#mayMatch(step)) return;
    this.#isMatched.fill(0);
    this.#results.clear();
    this.#findOnes(step);
    for (let index = 0; index < manyGroups.length; index++) {
      if (this.many.kinds[this.#at(index, step)] === ABSENT) continue;
      const partner = this.#oneAt[manyGroups[index]!]!;
      if (partner !== NONE || fillOne !== undefined) this.#pair(step, index, partner);
    }
    if (fillMany === undefined) return;
    for (let index = 0; index < oneGroups.length; index++) {
      const isPresent = this.one.kinds[this.#at(index, step)] !== ABSENT;
      if (isPresent && this.#isMatched[oneGroups[index]!] === 0) this.#pair(step, NONE, index);
    }
  }

  #at(index: number, step: number): number {
    return index * this.many.stepCount + step;
  }

  /** With an empty side and nothing to fill in there is no result and no error (BIN-13). */
  #mayMatch(step: number): boolean {
    const { fillLeft, fillRight } = this.#node.matching;
    const isFilled = fillLeft !== undefined || fillRight !== undefined;
    const many = isAnyPresent(this.many, step);
    const one = isAnyPresent(this.one, step);
    return isFilled ? many || one : many && one;
  }

  #findOnes(step: number): void {
    const { oneGroups } = this.#pairing;
    this.#oneAt.fill(NONE);
    for (let index = 0; index < oneGroups.length; index++) {
      if (this.one.kinds[this.#at(index, step)] === ABSENT) continue;
      const group = oneGroups[index]!;
      const other = this.#oneAt[group]!;
      if (other !== NONE) throw this.#duplicateError(index, other);
      this.#oneAt[group] = index;
    }
  }

  /** One of the sides may be missing, for which its fill value stands in. */
  #pair(step: number, many: number, one: number): void {
    const { fillLeft, fillRight } = this.#node.matching;
    readPoint(this.many, many, { step, fill: fillLeft }, this.#manyPoint);
    readPoint(this.one, one, { step, fill: fillRight }, this.#onePoint);
    clearColumn(this.#out);
    if (this.#isSwapped) this.#combine(this.#onePoint, this.#manyPoint, this.#out);
    else this.#combine(this.#manyPoint, this.#onePoint, this.#out);
    const kind = this.#out.kinds[0]!;
    const areFloats = this.#manyPoint.kinds[0] === FLOAT && this.#onePoint.kinds[0] === FLOAT;
    const isFilteredOut = kind === ABSENT && areFloats;
    // What cannot be combined does not count as a match.
    if (kind === ABSENT && !isFilteredOut) return;
    const output = this.#outputOf(many, one);
    const group = many === NONE ? this.#pairing.oneGroups[one]! : this.#pairing.manyGroups[many]!;
    this.#noteMatch(group, output);
    if (kind === ABSENT) return;
    if (output.lastStep === step) throw new PromqlExecutionError(SAME_LABELSET);
    output.lastStep = step;
    const point = kind === HISTOGRAM ? this.#out.histograms[0]! : this.#out.values[0]!;
    output.points.push({ step, point });
  }

  #noteMatch(group: number, output: Output): void {
    if (this.#node.matching.cardinality === "one-to-one") {
      if (this.#isMatched[group] === 1) {
        throw new PromqlExecutionError(
          "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        );
      }
    } else {
      const key = `${group} ${labelsKey(output.labels)}`;
      if (this.#results.has(key)) {
        throw new PromqlExecutionError(
          "multiple matches for labels: grouping labels must ensure unique matches",
        );
      }
      this.#results.add(key);
    }
    this.#isMatched[group] = 1;
  }

  #outputOf(many: number, one: number): Output {
    const pairKey = `${many} ${one}`;
    const known = this.#byPair.get(pairKey);
    if (known !== undefined) return known;
    const { matching, bool } = this.#node;
    const { features } = this.#context;
    const manyLabels = many === NONE ? matchLabels(this.one.labels(one), matching) : this.many.labels(many);
    const oneLabels = one === NONE ? matchLabels(this.many.labels(many), matching) : this.one.labels(one);
    const labels = resultLabels(manyLabels, oneLabels, this.#node, features);
    const key = labelsKey(labels);
    let output = this.#byLabels.get(key);
    if (output === undefined) {
      const dropsName = features.delayedNameRemoval && (bool || (many !== NONE && this.many.dropsName(many)));
      output = { labels, dropsName, points: [], lastStep: -1 };
      this.#byLabels.set(key, output);
      this.outputs.push(output);
    }
    this.#byPair.set(pairKey, output);
    return output;
  }

  #duplicateError(a: number, b: number): PromqlExecutionError {
    const side = this.#isSwapped ? "left" : "right";
    const group = labelsText(matchLabels(this.one.labels(a), this.#node.matching));
    const both = [labelsText(this.one.labels(a)), labelsText(this.one.labels(b))].toSorted();
    return new PromqlExecutionError(
      `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: ` +
        `[${both.join(", ")}];many-to-many matching not allowed: matching labels must be unique on one side`,
    );
  }
}

function isAnyPresent({ kinds, seriesCount, stepCount }: VectorBatch, step: number): boolean {
  for (let index = 0; index < seriesCount; index++)
    if (kinds[index * stepCount + step] !== ABSENT) return true;
  return false;
}

function readPoint(
  batch: VectorBatch,
  index: number,
  { step, fill }: { readonly step: number; readonly fill: number | undefined },
  into: StepColumn,
): void {
  if (index === NONE) {
    setPoint(into, 0, fill);
    return;
  }
  const at = index * batch.stepCount + step;
  const isHistogram = batch.kinds[at] === HISTOGRAM;
  into.hasHistograms = isHistogram;
  setPoint(into, 0, isHistogram ? batch.histograms[index]![step] : batch.values[at]!);
}
