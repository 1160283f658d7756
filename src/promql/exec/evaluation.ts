import type { PlanNode } from "../plan/plan.ts";
import type { EvaluatedValue } from "./columns.ts";
import type { EvalContext } from "./context.ts";
import type { StepGrid } from "./grid.ts";

/** Evaluates a part of a plan over the steps of a grid. Passed down, so that the parts need not import this file. */
export type Evaluate = (node: PlanNode, grid: StepGrid, context: EvalContext) => EvaluatedValue;
