// What a reader sees and presses of a listing that runs in the page, for all that tests it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { BOOK, says } from "./lib.mjs";

const PLACE = path.join(BOOK, "machine");
export const options = {
  // CI makes all that is needed.
  skip:
    existsSync(PLACE) || process.env.CI
      ? false
      : `${PLACE} isn't there: run \`cargo run -- vm\`, then \`cargo run -- build\``,
  timeout: 300_000,
};
export const NIX = "fork-exec-wait";
export const PRINTED =
  /^parent: pid \d+\nchild: {2}pid (\d+), my parent's program\nsh: {5}pid \1, .*\n/;

// What a reader sees and presses of one listing.
export function listing(page, name = NIX) {
  const bar = page.locator(`.run-bar[aria-label="${name}"]`);
  return {
    bar,
    run: bar.getByRole("button", { name: `Run in the page: ${name}` }),
    stop: bar.getByRole("button", { name: "Stop" }),
    note: bar.locator(".run-note-page"),
    status: bar.getByRole("status"),
    progress: bar.getByRole("progressbar", { name: "Fetched so far" }),
    output: page.locator(`.predict[data-command="cargo run --bin ${name}"] .run-output`),
  };
}

export async function runsAsRecorded(page) {
  const { run, status, output } = listing(page);
  await run.click();
  await says(status, /^Exited with 0, in the page, \d+\.\d\d s$/);
  assert.match(await output.textContent(), PRINTED);
}
