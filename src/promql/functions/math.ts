import type { ElementwiseFunction, FunctionTable } from "./registry.ts";

/** Functions of one number (FN-1). */
export const mathFunctions: FunctionTable = {
  abs: unary(Math.abs),
  ceil: unary(Math.ceil),
};

// `of` differs from call to call, so the loop is compiled anew for each function only when it is hot there; the
// call it costs is small beside reading the column.
function unary(of: (value: number) => number): ElementwiseFunction {
  return {
    kind: "elementwise",
    floats({ values }) {
      for (let step = 0; step < values.length; step++) values[step] = of(values[step]!);
    },
  };
}
