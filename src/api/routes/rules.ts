import { parseSelector } from "../../promql/parse/index.ts";
import type { ApiAnswer, ApiCall } from "../endpoint.ts";
import { badParameter } from "../errors.ts";
import { formValue, formValues, type Form } from "../form.ts";
import { parseBoolean, parseInteger, reading } from "../parameters.ts";

const GROUP_LIMIT_MAX = 2 ** 31 - 1;

/** No rules are evaluated yet: parameters are checked and the list is empty. Source: spec API-49. */
export function rules({ form, urlForm }: ApiCall): ApiAnswer {
  const type = formValue(urlForm, "type").toLowerCase();
  if (type !== "" && type !== "alert" && type !== "record") {
    throw badParameter("type", `not supported value "${type}"`);
  }
  checkExcludeAlerts(urlForm);
  for (const text of formValues(form, "match[]")) parseSelector(text);
  checkPaging(urlForm);
  return { kind: "json", json: '{"groups":[]}' };
}

/** Source: spec API-50. */
export function alerts(): ApiAnswer {
  return { kind: "json", json: '{"alerts":[]}' };
}

/** Source: spec API-51. */
export function alertmanagers(): ApiAnswer {
  return { kind: "json", json: '{"activeAlertmanagers":[],"droppedAlertmanagers":[]}' };
}

function checkExcludeAlerts(urlForm: Form): void {
  const text = formValue(urlForm, "exclude_alerts").toLowerCase();
  if (text === "") return;
  reading("exclude_alerts", () => {
    try {
      parseBoolean(text);
    } catch (cause) {
      throw new Error("error converting exclude_alerts", { cause });
    }
  });
}

function checkPaging(urlForm: Form): void {
  const limitText = formValue(urlForm, "group_limit");
  const token = formValue(urlForm, "group_next_token");
  if (limitText === "") {
    if (token === "") return;
    const problem = "group_limit needs to be present in order to paginate over the groups";
    throw badParameter("group_next_token", problem);
  }
  const limit = reading("group_limit", () => groupLimit(limitText));
  if (limit <= 0) throw badParameter("group_limit", "group_limit needs to be greater than 0");
  if (token !== "") {
    const problem = `invalid group_next_token '${token}'. were rule groups changed?`;
    throw badParameter("group_next_token", problem);
  }
}

function groupLimit(text: string): number {
  try {
    const limit = parseInteger(text, "ParseInt");
    if (Math.abs(limit) > GROUP_LIMIT_MAX) {
      throw new Error(`strconv.ParseInt: parsing "${text}": value out of range`);
    }
    return limit;
  } catch (cause) {
    throw new Error("group_limit needs to be a valid number", { cause });
  }
}
