import { DISCOVERY } from "./blocks/discovery.ts";
import { ACTIVE_DISCOVERY } from "./inactive.ts";

const SUFFIX = /(?:_sd)?_configs$/;

/** Every discovery mechanism that the file may name, e.g. `dns`, and whether it finds targets. */
export function discoveryMechanisms(): Readonly<Record<string, boolean>> {
  return Object.fromEntries(
    DISCOVERY.keys.map((key) => {
      return [key.replace(SUFFIX, ""), key === "static_configs" || ACTIVE_DISCOVERY.has(key)];
    }),
  );
}
