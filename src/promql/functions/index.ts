import { basicFunctions } from "./basic.ts";
import { changeFunctions } from "./changes.ts";
import { dateFunctions } from "./dates.ts";
import { histogramQuantileFunctions } from "./histogram-quantiles.ts";
import { infoFunctions } from "./info.ts";
import { instantRateFunctions } from "./instant-rate.ts";
import { labelFunctions } from "./label-functions.ts";
import { lastFunctions } from "./last-over-time.ts";
import { mathFunctions } from "./math.ts";
import { nativeHistogramFunctions } from "./native-histograms.ts";
import { overTimeFunctions } from "./over-time.ts";
import { rateFunctions } from "./rate.ts";
import { regressionFunctions } from "./regression.ts";
import type { FunctionImplementation, FunctionTable } from "./registry.ts";
import { smoothingFunctions } from "./smoothing.ts";
import { sortFunctions } from "./sort.ts";

const TABLES: readonly FunctionTable[] = [
  basicFunctions,
  changeFunctions,
  dateFunctions,
  histogramQuantileFunctions,
  infoFunctions,
  instantRateFunctions,
  labelFunctions,
  lastFunctions,
  mathFunctions,
  nativeHistogramFunctions,
  overTimeFunctions,
  rateFunctions,
  regressionFunctions,
  smoothingFunctions,
  sortFunctions,
];

const BY_NAME: ReadonlyMap<string, FunctionImplementation> = new Map(
  TABLES.flatMap((table) => Object.entries(table)),
);

/** The implementation of a function, or undefined when there is none. */
export function findFunction(name: string): FunctionImplementation | undefined {
  return BY_NAME.get(name);
}
