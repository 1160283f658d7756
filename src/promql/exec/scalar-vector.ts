import { NO_LABELS } from "../../model/index.ts";
import { FLOAT, type VectorStream } from "./columns.ts";
import type { EvalContext } from "./context.ts";
import { createVectorStream, keepsEveryName } from "./stream.ts";

/** One series without labels that has `values` at the steps. */
export function vectorOfScalar(values: Float64Array, context: EvalContext): VectorStream {
  return createVectorStream(context, {
    seriesCount: 1,
    uniqueWithoutName: true,
    labels: () => NO_LABELS,
    dropsName: keepsEveryName,
    read(_index, into) {
      into.values.set(values);
      into.kinds.fill(FLOAT);
      into.hasHistograms = false;
    },
    inputs: [],
  });
}
