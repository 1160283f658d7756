import { stepSeconds } from "../exec/grid.ts";
import { vectorOfScalar } from "../exec/scalar-vector.ts";
import { scalarArgument } from "./arguments.ts";
import type { FunctionTable } from "./registry.ts";

/** Functions without an input vector: FN-8, FN-9. */
export const basicFunctions: FunctionTable = {
  time: {
    kind: "special",
    evaluate: ({ grid }) => ({ kind: "scalar", values: stepSeconds(grid) }),
  },
  vector: {
    kind: "special",
    evaluate: (call) => vectorOfScalar(scalarArgument(call, 0), call.context),
  },
};
