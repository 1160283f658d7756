import type { Brand } from "../../model/index.ts";

/** Number of a table in the head; 0 or more. Rows in the log refer to it. */
export type TableId = Brand<number, "TableId">;

export function tableId(value: number): TableId {
  return value as TableId;
}
