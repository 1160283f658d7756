import { basicFunctions } from "./basic.ts";
import { mathFunctions } from "./math.ts";
import { lastFunctions } from "./last-over-time.ts";
import type { FunctionImplementation, FunctionTable } from "./registry.ts";

const TABLES: readonly FunctionTable[] = [mathFunctions, lastFunctions, basicFunctions];

const BY_NAME: ReadonlyMap<string, FunctionImplementation> = new Map(
  TABLES.flatMap((table) => Object.entries(table)),
);

/** The implementation of a function, or undefined when there is none. */
export function findFunction(name: string): FunctionImplementation | undefined {
  return BY_NAME.get(name);
}
