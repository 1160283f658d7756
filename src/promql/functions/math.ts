import { ABSENT } from "../exec/columns.ts";
import type { ElementwiseFunction, FunctionTable } from "./registry.ts";

const DEGREES = 180 / Math.PI;

/** Functions of one number and, some, of bounds (FN-1 to FN-6). Histograms are dropped. */
export const mathFunctions: FunctionTable = {
  abs: unary(Math.abs),
  ceil: unary(Math.ceil),
  floor: unary(Math.floor),
  exp: unary(Math.exp),
  ln: unary(Math.log),
  log2: unary(Math.log2),
  log10: unary(Math.log10),
  sqrt: unary(Math.sqrt),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tan: unary(Math.tan),
  asin: unary(Math.asin),
  acos: unary(Math.acos),
  atan: unary(Math.atan),
  sinh: unary(Math.sinh),
  cosh: unary(Math.cosh),
  tanh: unary(Math.tanh),
  asinh: unary(Math.asinh),
  acosh: unary(Math.acosh),
  atanh: unary(Math.atanh),
  deg: unary((radians) => radians * DEGREES),
  rad: unary((degrees) => (degrees * Math.PI) / 180),
  sgn: unary(sign),
  round: { kind: "elementwise", floats: ({ values }, [to]) => round(values, to) },
  clamp: {
    kind: "elementwise",
    floats({ values, kinds }, [low, high]) {
      for (let step = 0; step < values.length; step++) {
        const from = low![step]!;
        const to = high![step]!;
        if (to < from) kinds[step] = ABSENT;
        else values[step] = greater(from, lesser(to, values[step]!));
      }
    },
  },
  clamp_min: {
    kind: "elementwise",
    floats({ values }, [low]) {
      for (let step = 0; step < values.length; step++) values[step] = greater(low![step]!, values[step]!);
    },
  },
  clamp_max: {
    kind: "elementwise",
    floats({ values }, [high]) {
      for (let step = 0; step < values.length; step++) values[step] = lesser(high![step]!, values[step]!);
    },
  },
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

function sign(value: number): number {
  if (value < 0) return -1;
  return value > 0 ? 1 : value; // Zeros keep their sign, NaN stays.
}

// Halves go up (FN-5). The inverse first, as Prometheus does, for the same last digit.
function round(values: Float64Array, to: Float64Array | undefined): void {
  for (let step = 0; step < values.length; step++) {
    const inverse = 1 / (to?.[step] ?? 1);
    values[step] = Math.floor(values[step]! * inverse + 0.5) / inverse;
  }
}

// C's and Go's maximum and minimum: an infinity wins over NaN (FN-6), which JavaScript's do not let it.
function greater(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
}

function lesser(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);
}
