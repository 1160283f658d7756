import type { ApiAnswer, ApiCall } from "../endpoint.ts";
import { EMPTY_ANSWER } from "../endpoint.ts";
import { ApiError } from "../errors.ts";
import { formValue, formValues } from "../form.ts";
import { textJson } from "../json.ts";
import { lookupRange, parseBoolean, reading, requireMatch } from "../parameters.ts";
import { parseSelector } from "../../promql/parse/index.ts";

/** Source: spec API-64. */
export async function deleteSeries(call: ApiCall): Promise<ApiAnswer> {
  requireAdmin(call);
  const { form, parts } = call;
  requireMatch(form);
  const { from, to } = lookupRange(form);
  const sets = formValues(form, "match[]").map((text) => reading("match[]", () => parseSelector(text)));
  await parts.store.deleteSeries(
    sets.filter((matchers) => matchers.length > 0), // `{}` selects nothing here.
    from,
    to,
  );
  return EMPTY_ANSWER;
}

/** Source: spec API-65. */
export async function cleanTombstones(call: ApiCall): Promise<ApiAnswer> {
  requireAdmin(call);
  await call.parts.store.cleanTombstones();
  return EMPTY_ANSWER;
}

/** Source: spec API-66. */
export async function snapshot(call: ApiCall): Promise<ApiAnswer> {
  requireAdmin(call);
  const text = formValue(call.form, "skip_head");
  const skipHead = text !== "" && reading("skip_head", () => skipHeadOf(text));
  const name = await call.parts.store.snapshot({ skipHead });
  return { kind: "json", json: `{"name":${textJson(name)}}` };
}

function requireAdmin({ settings }: ApiCall): void {
  if (!settings.enableAdminApi) throw new ApiError("unavailable", "admin APIs disabled");
}

function skipHeadOf(text: string): boolean {
  try {
    return parseBoolean(text);
  } catch (cause) {
    throw new Error("unable to parse boolean", { cause });
  }
}
