import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError, readConfigFiles } from "../../../src/config/index.ts";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "narthex-config-"));
  mkdirSync(path.join(directory, "jobs"));
  writeFileSync(
    path.join(directory, "p.yml"),
    "scrape_config_files: [jobs/*.yml]\nscrape_configs: [{job_name: a}]\n",
  );
  writeFileSync(path.join(directory, "jobs", "b.yml"), "scrape_configs: [{job_name: b}]\n");
  writeFileSync(path.join(directory, "jobs", "c.txt"), "not a configuration\n");
  writeFileSync(path.join(directory, "latin.yml"), Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
});

afterAll(() => rmSync(directory, { recursive: true }));

function failure(name: string): string {
  try {
    readConfigFiles(path.join(directory, name), { environment: {} });
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(directory, "DIR");
    throw error;
  }
  return "";
}

describe("files on disk", () => {
  test("the main file and the scrape config files it matches are read", () => {
    const loaded = readConfigFiles(path.join(directory, "p.yml"), { environment: {} });
    expect(loaded.config.scrapeConfigs.map(({ jobName }) => jobName)).toEqual(["a", "b"]);
    expect(loaded.files.map((file) => path.relative(directory, file))).toEqual(["p.yml", "jobs/b.yml"]);
  });

  test.each([
    ["nope.yml", "parsing YAML file DIR/nope.yml: DIR/nope.yml: no such file or directory"],
    ["jobs", "parsing YAML file DIR/jobs: DIR/jobs: is a directory"],
    ["latin.yml", "parsing YAML file DIR/latin.yml: DIR/latin.yml: the file is not valid UTF-8"],
  ])("%s is refused in plain words", (name, expected) => {
    expect(failure(name)).toBe(expected);
  });

  test("the starter file scrapes this server", () => {
    const file = new URL("../../../config/prometheus.yml", import.meta.url).pathname;
    const { config, inactive, warnings } = readConfigFiles(file, { environment: {} });
    expect(
      config.scrapeConfigs.map(({ jobName, discovery }) => [jobName, discovery.static[0]?.targets]),
    ).toEqual([["narthex", ["localhost:9090"]]]);
    expect([...inactive, ...warnings]).toEqual([]);
  });

  test("the starter file loads with its examples switched on too", () => {
    const starter = new URL("../../../config/prometheus.yml", import.meta.url);
    const examples = readFileSync(starter, "utf8").replaceAll(/^( *)# ( *(?:- |[a-z_]+:))/gm, "$1$2");
    const file = path.join(directory, "examples.yml");
    writeFileSync(file, examples);
    const { config } = readConfigFiles(file, { environment: { SITE: "x" } });
    expect(config.scrapeConfigs.map(({ jobName }) => jobName)).toEqual(["narthex", "node", "docker", "app"]);
    expect(config.scrapeConfigs[3]!.discovery.dns[0]).toMatchObject({ type: "A", port: 8080 });
  });
});
