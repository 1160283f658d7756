import { ACTIVE_FLAGS } from "./active-flags.ts";
import { FLAG_GROUPS, type FlagRow } from "./flag-row.ts";
import { IDLE_FLAGS } from "./idle-flags.ts";

const ROWS: readonly FlagRow<unknown>[] = [...Object.values(ACTIVE_FLAGS), ...IDLE_FLAGS];

/** Every flag of the server, in the order of the help. */
export const FLAG_TABLE: readonly FlagRow<unknown>[] = FLAG_GROUPS.flatMap((group) =>
  ROWS.filter((row) => row.group === group),
);
