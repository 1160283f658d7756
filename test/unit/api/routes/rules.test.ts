import { expect, test } from "vitest";
import { createRig } from "../rig.ts";

test.each([
  ["/rules", { groups: [] }],
  ["/rules?type=alert&exclude_alerts=true&group_limit=2&file=x&rule_name[]=y", { groups: [] }],
  ["/alerts", { alerts: [] }],
  ["/alertmanagers", { activeAlertmanagers: [], droppedAlertmanagers: [] }],
])("%s is empty", async (path, data) => {
  const { get } = await createRig();
  expect(JSON.parse((await get(path)).text)).toEqual({ status: "success", data });
});

test.each([
  ["type=bogus", 'invalid parameter "type": not supported value "bogus"'],
  [
    "exclude_alerts=x",
    'invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "x": invalid syntax',
  ],
  [
    "group_limit=x",
    'invalid parameter "group_limit": group_limit needs to be a valid number: strconv.ParseInt: parsing "x": invalid syntax',
  ],
  ["match[]=x{", "1:3: parse error: unexpected end of input inside braces"],
  ["group_limit=-1", 'invalid parameter "group_limit": group_limit needs to be greater than 0'],
  [
    "group_next_token=t",
    'invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the groups',
  ],
  [
    "group_next_token=t&group_limit=1",
    `invalid parameter "group_next_token": invalid group_next_token 't'. were rule groups changed?`,
  ],
])("rules with %s are refused", async (parameters, error) => {
  const { get } = await createRig();
  const { status, text } = await get(`/rules?${parameters}`);
  expect(status).toBe(400);
  expect(JSON.parse(text)).toEqual({ status: "error", errorType: "bad_data", error });
});
