import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually, scratchFolder } from "../support/server-process.ts";

// What the course's image does, without Docker: its shell-form CMD, with our launcher as /bin/prometheus below a
// folder that stands for the image's root.

const ROOT = resolve(import.meta.dirname, "../..");
let image = "";
beforeEach(() => {
  image = scratchFolder();
  for (const folder of ["bin", "etc/prometheus", "prometheus"])
    mkdirSync(join(image, folder), { recursive: true });
  cpSync(join(ROOT, "docker/launcher"), join(image, "bin/prometheus"));
  writeFileSync(join(image, "etc/hosts"), "127.0.0.1 localhost\n");
  writeFileSync(join(image, "etc/prometheus/prometheus.yml"), "global:\n  scrape_interval: 10s\n");
});
afterEach(() => rmSync(image, { recursive: true, force: true }));

test("the course's CMD line starts the server, console flags included, and SIGTERM ends it well", async () => {
  const command = [
    `echo "$DOCKER_HOST  DOCKER_HOST" >> ${image}/etc/hosts`,
    [
      `${image}/bin/prometheus --storage.tsdb.path=${image}/prometheus`,
      "--web.console.libraries=/etc/prometheus/console_libraries --web.console.templates=/etc/prometheus/consoles",
      `--config.file=${image}/etc/prometheus/prometheus.yml`,
      "--web.listen-address=127.0.0.1:0",
    ].join(" "),
  ].join(" && ");
  const shell = spawn("/bin/sh", ["-c", command], {
    detached: true, // A process group of its own, as a container is.
    env: { ...process.env, DOCKER_HOST: "127.0.0.1", NARTHEX_HOME: ROOT },
  });
  let log = "";
  shell.stderr.on("data", (chunk) => (log += String(chunk)));
  const ended = new Promise<number | null>((done) => shell.once("close", (code) => done(code)));
  await eventually(
    "the server to be ready",
    () => log.includes("Server is ready to receive web requests.") || undefined,
  );
  const address = /msg="Listening on".*? address=(\S+)/.exec(log)![1]!;
  expect((await fetch(`http://${address}/-/ready`)).status).toBe(200);
  expect(readFileSync(join(image, "etc/hosts"), "utf8")).toContain("127.0.0.1  DOCKER_HOST");
  process.kill(-shell.pid!, "SIGTERM");
  await ended;
  expect(log).toContain("See you next time!");
  expect(log).not.toContain("level=ERROR");
});
