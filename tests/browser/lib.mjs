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
import { chromium, firefox } from "playwright-core";

const ROOT = path.resolve(import.meta.dirname, "../..");

// As `cargo run -- build` makes it.
export const BOOK = path.join(ROOT, "target/book");
// The same chapters in mdBook's own theme, as `.ci/run` makes it.
export const PLAIN_BOOK = path.join(ROOT, "target/plain-book");
// A chapter with much code, one with charts, one with long tables.
export const THREE_CHAPTERS = ["creation.html", "overhead.html", "ledger.html"];
export const THEMES = ["light", "rust", "coal", "navy", "ayu"];
export const WIDTHS = [1280, 375];

// With BRIEF, in browsers beside Chromium: pages of each kind instead of all.
const BRIEF = process.env.BRIEF && ["index.html", "look-around.html", ...THREE_CHAPTERS];
// How often a listing runs in one page.
export const TURNS = BRIEF ? 3 : 30;

export const AXE = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

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
  return BRIEF || found;
}

// Serves a folder as a host of static pages does: compressed, and with its page for unknown paths.
// Each page begins with `begin`.
export async function serve(folder, { begin = "" } = {}) {
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
    const bytes = await readFile(file);
    const isPage = begin && path.extname(file) === ".html";
    response.end(gzipSync(isPage ? String(bytes).replace("<head>", `<head>${begin}`) : bytes));
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

// Serves the book as `cargo run` does. With options by which its pages need a key, `withKey` is the
// address that has it.
export async function serveLive(...args) {
  const command = await bookCommand();
  const child = spawn(command, ["serve", "--port", "0", ...args], { cwd: ROOT });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += data;
  });
  let url;
  for await (const line of createInterface({ input: child.stdout })) {
    const address = line.match(/http:\S+/)?.[0];
    url ??= address && `${address}/`;
    if (url && (args.length === 0 || address?.includes("#"))) {
      return { url, withKey: address, close: () => child.kill("SIGINT") };
    }
  }
  throw new Error(`\`cargo run\` serves nothing: ${errors}`);
}

// Which browser the tests are run in: Chromium, or Firefox as a distribution has it. Newer versions
// of Playwright than 1.64 ask for what Firefox's version with long support doesn't know.
export const IS_FIREFOX = process.env.BROWSER === "firefox";
// Options of a test for which Playwright must do what it can't do in Firefox.
export const chromiumOnly = (what) => ({
  skip: IS_FIREFOX && `Playwright can't ${what} in Firefox`,
});

// Chromium takes the last list of features that it is given: this one stands for Playwright's, of
// which it repeats what bears on a test.
const OFF = [
  // A request is answered by the test, whatever its scheme and its redirects.
  "HttpsUpgrades",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "BlockOriginHeaderModificationOnRedirect",
  // Nothing is offered, and nobody is asked.
  "GlobalMediaControls",
  "MediaRouter",
  "OptimizationHints",
  "Translate",
  // A page is painted as soon as it is there.
  "PaintHolding",
  // Since Chromium 156, each window draws what the address bar proposes in pages of its own: a
  // third of the time of axe.test.mjs.
  "WebUIOmniboxPopup",
  "WebUIOmniboxFullPopup",
  "WebUIOmniboxAimPopup",
];

export function launch(...args) {
  if (IS_FIREFOX) {
    return launchFirefox();
  }
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
      `--disable-features=${OFF.join(",")}`,
      ...args,
    ],
  });
}

function launchFirefox(preferences) {
  return firefox.launch({
    channel: "moz-firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox",
    firefoxUserPrefs: { "ui.prefersReducedMotion": 1, ...preferences },
  });
}

// A browser whose windows keep nothing on the disk, as Chromium's do that Playwright opens.
export function launchPrivate() {
  return IS_FIREFOX ? launchFirefox({ "browser.privatebrowsing.autostart": true }) : launch();
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
  if (IS_FIREFOX) {
    // It tells these to the page alone, and Chromium tells them on the console.
    await page.addInitScript(() => {
      const tell = ({ effectiveDirective, blockedURI }) =>
        console.error(`${effectiveDirective} forbids ${blockedURI}`);
      addEventListener("securitypolicyviolation", tell, true);
      addEventListener("error", ({ target }) => target.src && console.error(target.src), true);
    });
  }
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

// The rules that look at colours.
const COLOURS = ["color-contrast", "link-in-text-block"];
// How text looks that these rules have seen in this run, on any page.
const seen = new Set();

// What axe finds in a page as it is now, or in what `within` selects there, in each theme:
// `THEME: RULE: ELEMENT (WHY)`, one a node.
//
// In the first theme each rule looks at each element. A theme changes nothing but colours: in the
// others, the rules that look at colours do so once at each look that text has. Where all that a
// page has stands on other pages too, `isElsewhere`, this is enough in the first theme as well.
export async function axe(page, { within, isElsewhere = false } = {}) {
  const found = [];
  for (const theme of THEMES) {
    await choose(page, theme);
    const nodes = [];
    if (theme === THEMES[0]) {
      const rules = Object.fromEntries(COLOURS.map((rule) => [rule, { enabled: !isElsewhere }]));
      nodes.push(...(await violations(page, await select(page, within), { rules })));
    }
    if (theme !== THEMES[0] || isElsewhere) {
      const fresh = (await page.evaluate(looksOfText, within)).filter((look) => !seen.has(look));
      for (const look of fresh) {
        seen.add(look);
      }
      nodes.push(...(await contrasts(page, fresh)));
    }
    found.push(...nodes.map((node) => `${theme}: ${node}`));
  }
  return found;
}

// What axe finds of colours in a page as it is now: at each element, or at one of each look.
export async function contrasts(page, looks) {
  if (looks?.length === 0) {
    return [];
  }
  const context = looks
    ? await page.evaluateHandle((looks) => looks.map((look) => window.looks.get(look)), looks)
    : await select(page);
  return violations(page, context, { runOnly: COLOURS });
}

const select = (page, within) =>
  page.evaluateHandle(
    (within) => (within ? [...document.querySelectorAll(within)] : document),
    within,
  );

async function violations(page, context, options) {
  if (!(await page.evaluate(() => "axe" in window))) {
    // Not by a script in the page, which the page's policy would refuse.
    await page.evaluate(AXE);
  }
  const { violations } = await page.evaluate(
    ([context, options]) => window.axe.run(context, { resultTypes: ["violations"], ...options }),
    [context, options],
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) =>
        `${id}: ${target.join(" ")} (${failureSummary.replace(/\s+/g, " ")})`,
    ),
  );
}

// Runs in a page: the different looks of its text, with an element for each in `window.looks`. A
// look is how an element is drawn, and all that it lies in. What lies on something else has a
// position of its own, and is told by its class.
function looksOfText(within = "body") {
  const known = new Map();
  const look = (element) => {
    if (!element) {
      return "";
    }
    if (!known.has(element)) {
      const style = getComputedStyle(element);
      const drawn = [
        element.localName,
        style.position === "static" ? "" : element.getAttribute("class"),
        element.matches(":disabled, [aria-disabled=true]"),
        style.color,
        style.backgroundColor,
        style.backgroundImage,
        style.opacity,
        style.filter,
        style.textShadow,
        style.textDecorationLine,
        style.borderBottom,
        style.fontSize,
        style.fontWeight,
        style.fontStyle,
      ].join();
      known.set(element, `${look(element.parentElement)} > ${drawn}`);
    }
    return known.get(element);
  };
  const isText = ({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim() !== "";
  window.looks = new Map();
  for (const element of document.querySelectorAll(`:is(${within}), :is(${within}) *`)) {
    const hasText = [...element.childNodes].some(isText) || "value" in element;
    if (hasText && element.checkVisibility({ visibilityProperty: true })) {
      window.looks.set(look(element), element);
    }
  }
  return [...window.looks.keys()];
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

// Whether the median of `times` values holds, or can't hold any more, whatever the rest will be.
export function isDecided(values, times, holds) {
  const most = Math.ceil((times + 1) / 2);
  const held = values.filter(holds).length;
  return held >= most || values.length - held >= most;
}
