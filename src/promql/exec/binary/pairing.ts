import type { VectorMatching } from "../../parse/ast.ts";
import type { BinaryNode } from "../../plan/plan.ts";
import type { VectorStream } from "../columns.ts";

export type MatchedNode = BinaryNode & { readonly matching: VectorMatching };

/** Both sides with the match group of each series; `many` is the left side in one-to-one matching. */
export interface Pairing {
  readonly many: VectorStream;
  readonly one: VectorStream;
  readonly manyGroups: Int32Array;
  readonly oneGroups: Int32Array;
  readonly groupCount: number;
}
