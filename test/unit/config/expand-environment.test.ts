import { describe, expect, test } from "vitest";
import { labelsToRecord } from "../../../src/model/index.ts";
import { configOf, job, jobOf, load } from "./loading.ts";

describe("the environment", () => {
  const environment = { SITE: "home", X: "y" };

  test.each([
    ["$SITE", "home"],
    ["${SITE}-1", "home-1"],
    ["$SITEX", ""],
    ["5$$", "5$"],
    ["a $ b", "a $ b"],
    ["$/", "$/"],
    ["end$", "end$"],
    ["${}x", "x"],
    ["${SITE", "SITE"],
    ["$1a", "a"],
    ["$-b", "b"],
    ["${$}", "$"],
  ])("%s in an external label is %j", (written, expected) => {
    const { externalLabels } = configOf(`global: {external_labels: {a: '${written}'}}`, {
      environment,
    }).global;
    expect(labelsToRecord(externalLabels)["a"] ?? "").toBe(expected);
  });

  test("an unset variable is warned about", () => {
    expect(load("global: {external_labels: {a: $NOPE}}").warnings).toEqual([
      'empty environment variable NOPE in external label "a"',
    ]);
  });

  test("nothing else is expanded", () => {
    const { global } = configOf("global: {external_labels: {$X: a}}", { environment });
    expect(labelsToRecord(global.externalLabels)).toEqual({ $X: "a" });
    expect(jobOf(job("metrics_path: /$X"), { environment }).metricsPath).toBe("/$X");
  });
});
