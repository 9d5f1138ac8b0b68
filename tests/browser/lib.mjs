// What the checks in a browser share: a server of static files, `cargo run`'s own, and the browser.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { pageFunctions } from "lighthouse/core/lib/page-functions.js";
import { chromium } from "playwright-core";

const ROOT = path.resolve(import.meta.dirname, "../..");

// As `cargo run -- build` makes it.
export const BOOK = path.join(ROOT, "target/book");
// The same chapters in mdBook's own theme, as `.ci/run` makes it.
export const PLAIN_BOOK = path.join(ROOT, "target/plain-book");
// A chapter with much code, one with charts, one with long tables.
export const THREE_CHAPTERS = ["creation.html", "overhead.html", "ledger.html"];
export const THEMES = ["light", "rust", "coal", "navy", "ayu"];
export const WIDTHS = [1280, 375];

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const KINDS = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".wasm": "application/wasm",
};

// All pages of the book, by their path.
export async function pages() {
  const files = await readdir(BOOK, { recursive: true });
  const found = files.filter((file) => file.endsWith(".html")).sort();
  assert.ok(found.length > 20, `${BOOK} holds no book: run \`cargo run -- build\``);
  return found;
}

// Serves a folder as a host of static pages does: compressed, and with its page for unknown paths.
export async function serve(folder) {
  assert.ok(existsSync(folder), `there is no ${folder}: run \`bash .ci/run\``);
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const name = path.join(folder, path.normalize(decodeURIComponent(pathname)));
    const wanted = pathname.endsWith("/") ? path.join(name, "index.html") : name;
    const found = existsSync(wanted);
    const file = found ? wanted : path.join(folder, "404.html");
    response.writeHead(found ? 200 : 404, {
      "content-type": KINDS[path.extname(file)] ?? "application/octet-stream",
      "content-encoding": "gzip",
      "cache-control": "max-age=600",
    });
    response.end(gzipSync(await readFile(file)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

// The book's command as it is now, wherever cargo puts what it builds.
async function bookCommand() {
  const build = ["build", "--quiet", "--package", "book", "--message-format", "json"];
  const { stdout } = await promisify(execFile)(process.env.CARGO ?? "cargo", build, {
    cwd: ROOT,
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  const messages = stdout.trim().split("\n").map(JSON.parse);
  return messages.find(({ target, executable }) => executable && target.name === "book").executable;
}

// Serves the book as `cargo run` does.
export async function serveLive() {
  const command = await bookCommand();
  const child = spawn(command, ["serve", "--port", "0"], { cwd: ROOT });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += data;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(/http:\S+/)?.[0];
    if (url) {
      return { url: `${url}/`, close: () => child.kill("SIGINT") };
    }
  }
  throw new Error(`\`cargo run\` serves nothing: ${errors}`);
}

export function launch(...args) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args,
    ],
  });
}

// A page in a browser that has seen nothing yet, and what went wrong on it.
export async function open(browser, url, { width = 1280, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    reducedMotion: "reduce",
    ...options,
  });
  // No check of speed: a busy machine may take its time.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const errors = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      errors.push(message.text());
    }
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  // The page with the whole book prints itself.
  await page.addInitScript(() => {
    window.print = () => {};
  });
  await page.goto(url, { waitUntil: "load" });
  return { page, errors, close: () => context.close() };
}

// Runs `check` for each item, two at a time.
export async function each(items, check) {
  const rest = [...items];
  const work = async () => {
    while (rest.length > 0) {
      await check(rest.shift());
    }
  };
  await Promise.all([work(), work()]);
}

// Gives a page a theme, by its own menu.
export function choose(page, theme) {
  return page.evaluate((id) => document.getElementById(id)?.click(), `mdbook-theme-${theme}`);
}

// What axe finds in a page as it is now: `RULE: ELEMENT (WHY)`, one a node. With `rules`, by these
// alone.
export async function axe(page, rules) {
  // Not by a script in the page, which the page's policy would refuse.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    (runOnly) => window.axe.run({ resultTypes: ["violations"], ...(runOnly && { runOnly }) }),
    rules,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) =>
        `${id}: ${target.join(" ")} (${failureSummary.replace(/\s+/g, " ")})`,
    ),
  );
}

// Waits until an element says what matches.
export async function says(locator, text) {
  const found = locator.filter({ hasText: text });
  await found.waitFor({ state: "attached" }).catch(async () => {
    assert.match(await locator.textContent(), text);
  });
}

// The least index by Lighthouse's own benchmark of what it calls a high-end desktop, for which its
// slowdown of the processor and our limits of time are meant (its docs/throttling.md).
const DESKTOP = 1500;

// How many times as slow as such a desktop this machine is now; 1 where it is as fast or faster.
export async function slowness(browser) {
  const page = await browser.newPage();
  const index = await page.evaluate(pageFunctions.computeBenchmarkIndex);
  await page.close();
  return Math.max(1, DESKTOP / index);
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
