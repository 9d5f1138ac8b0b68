// The bar under each listing and the fold over its recorded output, by a reader's hand.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { axe, BOOK, chromiumOnly, open, says, serveLive, WIDTHS } from "./lib.mjs";
import { browser, site } from "./setting.mjs";

const PLAYGROUND = "https://play.rust-lang.org/**";
const ROOT = path.resolve(import.meta.dirname, "../..");

let book;
before(async () => {
  book = await serveRuns();
});
after(() => book.close());

// Serves the book as `cargo run` does, with runs in which a test says what happens, and when.
async function serveRuns() {
  const asked = [];
  let waiting;
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname.startsWith("/_book/run/")) {
      const run = {
        name: pathname.split("/").at(-1),
        token: request.headers["x-run-token"],
        shown: await text(request),
        method: request.method,
        tell(...events) {
          response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
        },
        end: () => response.end(),
        refuse: (status, reason) => response.writeHead(status).end(reason),
        loseConnection: () => response.destroy(),
        closed: new Promise((resolve) => response.on("close", resolve)),
        piece: (bytes) => response.write(bytes),
      };
      asked.push(run);
      waiting?.();
      return;
    }
    try {
      const file = await readFile(path.join(BOOK, pathname));
      if (pathname.endsWith(".html")) {
        const html = file
          .toString()
          .replace("<head>", '<head><meta name="run-token" content="t0">');
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
      } else {
        const kind = { ".css": "text/css", ".js": "text/javascript" }[path.extname(pathname)];
        response.writeHead(200, { "content-type": kind ?? "application/octet-stream" }).end(file);
      }
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    // The next run that a page asks for.
    async asked() {
      while (asked.length === 0) {
        await new Promise((resolve) => {
          waiting = resolve;
        });
      }
      return asked.shift();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

// What a reader sees and presses of one listing.
function listing(page, name) {
  const bar = page.locator(`.run-bar[aria-label="${name}"]`);
  const fold = page.locator(`.predict[data-command="cargo run --bin ${name}"]`);
  return {
    bar,
    fold,
    run: bar.locator(".run-start"),
    stop: bar.getByRole("button", { name: "Stop" }),
    copy: bar.getByRole("button", { name: "Copy" }),
    status: bar.getByRole("status"),
    output: fold.locator(".run-output"),
    record: fold.locator(".run-recorded pre"),
  };
}

const isOn = async (button) =>
  (await button.getAttribute("aria-disabled")) === "false" && (await button.isEnabled());

// Presses Run, and lets the server tell all at once.
async function runs(page, ...events) {
  await listing(page, "fork-exec-wait").run.click();
  const asked = await book.asked();
  asked.tell(...events);
  asked.end();
}

test("on the reader's machine, Run shows waiting, building, and output as it comes, and how it ended", async () => {
  const { page, errors, close } = await open(browser, `${book.url}creation.html`);
  const { fold, run, stop, status, output, record } = listing(page, "fork-exec-wait");
  assert.ok(await isOn(run));
  assert.ok(!(await isOn(stop)));
  assert.ok(!(await record.isVisible()), "the recorded output is folded");
  assert.equal(await status.textContent(), "");

  const source = await readFile(path.join(ROOT, "listings/src/bin/fork-exec-wait.rs"), "utf8");
  await run.click();
  const asked = await book.asked();
  assert.deepEqual(
    [asked.method, asked.name, asked.token, asked.shown.trimEnd()],
    ["POST", "fork-exec-wait", "t0", source.trimEnd()],
    "the request that the run server expects",
  );
  assert.ok(await isOn(stop));
  assert.ok(!(await isOn(run)));

  asked.tell({ kind: "waiting", ahead: 3 });
  await says(status, /^Waiting for 3 other runs…$/);
  asked.tell({ kind: "building", text: "   Compiling nix v0.31.3" });
  await says(status, /^Building…$/);
  await says(output, /Compiling nix v0\.31\.3/);
  asked.tell({ kind: "started" });
  await says(status, /^Running…$/);
  assert.equal(await output.textContent(), "", "cargo's lines aren't the program's");

  asked.tell({ kind: "stdout", text: "parent: pid 7\n" });
  await says(output, /^parent: pid 7\n$/);
  asked.tell({ kind: "stderr", text: "a warning\n" });
  await says(output, /a warning\n$/);
  const warning = output.getByText("a warning");
  const mark = await warning.evaluate((element) => getComputedStyle(element, "::before").content);
  assert.match(mark, /stderr/, "standard error is told by a word, not by a colour");

  // A character of two bytes, and a line, in two pieces each.
  const line = Buffer.from(`${JSON.stringify({ kind: "stdout", text: "– é\n" })}\n`);
  const middle = line.indexOf(0xc3) + 1;
  asked.piece(line.subarray(0, middle));
  await status.waitFor();
  asked.piece(line.subarray(middle));
  await says(output, /– é\n$/);

  asked.tell({ kind: "ended", how: "exited with 0", ok: true, seconds: 0.123 });
  asked.end();
  await says(status, /^Exited with 0, 0\.12 s$/);
  await says(fold.locator(".run-end"), /^Exited with 0, 0\.12 s$/);
  assert.ok(await record.isVisible(), "the recorded run stands beside it");
  await says(fold.locator(".runs-differ"), /process numbers, addresses and durations\.$/);
  assert.ok(await isOn(run));
  assert.ok(!(await isOn(stop)));
  assert.deepEqual(errors, []);
  await close();
});

test("the two runs stand side by side on a wide page, and one under the other on a phone", async () => {
  for (const width of WIDTHS) {
    const { page, close } = await open(browser, `${book.url}creation.html`, { width });
    await runs(page, { kind: "started" }, { kind: "stdout", text: "a" });
    const { output, record, status } = listing(page, "fork-exec-wait");
    await says(status, /lost/);
    const [yours, recorded] = [await output.boundingBox(), await record.boundingBox()];
    if (width > 1000) {
      assert.ok(yours.x + yours.width <= recorded.x, "side by side");
      assert.ok(Math.abs(yours.y - recorded.y) < 2, "at one height");
    } else {
      assert.ok(yours.y + yours.height <= recorded.y, "one under the other");
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} pixels wider than the window`);
    await close();
  }
});

for (const [what, events, closing, said, shown] of [
  [
    "a program that doesn't compile",
    [
      { kind: "building", text: "   Compiling listings" },
      { kind: "refused", text: "error[E0308]: x" },
    ],
    (asked) => asked.end(),
    /^Not run: it doesn’t compile$/,
    /Compiling listings\nerror\[E0308\]: x/,
  ],
  [
    "a program that a signal kills",
    [{ kind: "started" }, { kind: "ended", how: "killed by SIGABRT (6)", ok: false, seconds: 1 }],
    (asked) => asked.end(),
    /^Killed by SIGABRT \(6\), 1\.00 s$/,
    /^$/,
  ],
  [
    "more output than is passed on",
    [
      { kind: "started" },
      { kind: "stdout", text: "y\n".repeat(32768) },
      { kind: "truncated", limit: 65536 },
      { kind: "ended", how: "stopped after 10 s", ok: false, seconds: 10 },
    ],
    (asked) => asked.end(),
    /^Stopped after 10 s, 10\.00 s, the output cut off after 64 KiB$/,
    /^(y\n){32768}$/,
  ],
  [
    "a full queue",
    [],
    (asked) => asked.refuse(429, "Too many programs wait to be run.\n"),
    /^Too many programs wait to be run\.$/,
    /^$/,
  ],
  [
    "a refusal without a reason",
    [],
    (asked) => asked.refuse(403, ""),
    /refuses: status 403$/,
    /^$/,
  ],
  ["a stream that ends too early", [{ kind: "started" }], (asked) => asked.end(), /lost/, /^$/],
  [
    "a connection that breaks",
    [{ kind: "started" }, { kind: "stdout", text: "half" }],
    (asked) => asked.loseConnection(),
    /^The connection was lost before the program ended$/,
    /^half$|^$/,
  ],
]) {
  test(`Run tells of ${what}`, async () => {
    const { page, close } = await open(browser, `${book.url}creation.html`);
    const { run, status, output } = listing(page, "fork-exec-wait");
    await run.click();
    const asked = await book.asked();
    if (events.length > 0) {
      asked.tell(...events);
    }
    if (what.startsWith("a connection")) {
      await says(output, /half/);
    }
    closing(asked);
    await says(status, said);
    assert.match(await output.textContent(), shown);
    const mark = await status.evaluate((element) => getComputedStyle(element, "::before").content);
    assert.match(mark, /✗/, "that it went wrong is told by a sign, not by a colour");
    assert.ok(await isOn(run), "another run is possible");
    await close();
  });
}

test("Run tells of a server that is gone", async () => {
  const { page, close } = await open(browser, `${book.url}creation.html`);
  await page.route("**/_book/run/*", (route) => route.abort("connectionrefused"));
  const { run, status } = listing(page, "fork-exec-wait");
  await run.click();
  await says(status, /doesn’t answer: start it by `cargo run`$/);
  await close();
});

test("Stop, pressed by keyboard, closes the request and keeps the focus", async () => {
  const { page, close } = await open(browser, `${book.url}creation.html`);
  const { bar, run, stop, status } = listing(page, "fork-exec-wait");
  await run.focus();
  await page.keyboard.press("Enter");
  const asked = await book.asked();
  asked.tell({ kind: "started" });
  await says(status, /Running/);
  // Past the button of the machine, where the book has one.
  if (await bar.locator(".run-page").count()) {
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Tab");
  assert.ok(await stop.evaluate((button) => button === document.activeElement));
  await page.keyboard.press("Enter");
  await asked.closed;
  await says(status, /^Stopped by you$/);
  assert.ok(await stop.evaluate((button) => button === document.activeElement));
  await close();
});

test("leaving the page closes the request", async () => {
  const { page, close } = await open(browser, `${book.url}creation.html`);
  const { run } = listing(page, "fork-exec-wait");
  await run.click();
  const asked = await book.asked();
  asked.tell({ kind: "started" });
  await page.goto(`${book.url}races.html`);
  await asked.closed;
  await close();
});

test("on the start page, an output that is shown at once stands on the first screen of a phone, and its program runs from there", async () => {
  const { page, close } = await open(browser, `${book.url}index.html`, { width: 375 });
  const { bar, run } = listing(page, "fork-vs-spawn");
  const record = page.locator(".runs:has(+ .run-bar) .run-recorded pre");
  for (const [what, seen] of [
    ["the recorded output", record],
    ["Run", run],
  ]) {
    const { y, height } = await seen.boundingBox();
    assert.ok(y + height <= 800, `${what} ends at ${y + height} of 800 pixels`);
  }
  await run.click();
  const asked = await book.asked();
  const source = await readFile(path.join(ROOT, "listings/src/bin/fork-vs-spawn.rs"), "utf8");
  assert.equal(asked.shown.trimEnd(), source.trimEnd());
  asked.tell(
    { kind: "stdout", text: "me: 500 g\n" },
    { kind: "ended", how: "exited with 0", ok: true },
  );
  asked.end();
  await says(bar.getByRole("status"), /^Exited with 0/);
  await says(page.locator(".runs:has(+ .run-bar) .run-output"), /me: 500 g/);
  await close();
});

test("a second run starts with an empty place", async () => {
  const { page, close } = await open(browser, `${book.url}creation.html`);
  const { run, output, status } = listing(page, "fork-exec-wait");
  for (const text of ["first", "second"]) {
    await run.click();
    const asked = await book.asked();
    asked.tell({ kind: "started" }, { kind: "stdout", text });
    asked.tell({ kind: "ended", how: "exited with 0", ok: true, seconds: 0 });
    asked.end();
    await says(output, new RegExp(`^${text}$`));
    await says(status, /^Exited/);
  }
  await close();
});

test("the server of `cargo run` runs a listing, and the page shows what it prints", async (t) => {
  const live = await serveLive();
  try {
    const answer = await fetch(`${live.url}_book/run/fork-exec-wait`, { method: "POST" });
    if (answer.status === 405) {
      t.skip("this server runs nothing");
      return;
    }
    const { page, errors, close } = await open(browser, `${live.url}creation.html`);
    page.setDefaultTimeout(120_000);
    const { run, status, output } = listing(page, "fork-exec-wait");
    await run.click();
    await says(status, /^Exited with 0, \d+\.\d\d s$/);
    const printed = await output.textContent();
    const record = await readFile(path.join(ROOT, "listings/outputs/fork-exec-wait.txt"), "utf8");
    const normalise = (text) => text.replace(/\d{2,}/g, "N");
    assert.equal(normalise(printed), normalise(record));
    assert.deepEqual(errors, []);
    await close();
  } finally {
    live.close();
  }
});

test("a page of another's is refused with what to do, and runs with the key of its address", async () => {
  // As at a container's published port, on an address that the network doesn't reach.
  const live = await serveLive("--host", "127.0.0.2");
  try {
    const { page, errors, close } = await open(browser, `${live.url}creation.html`);
    page.setDefaultTimeout(120_000);
    const pressed = async () => {
      const { run, status } = listing(page, "fork-exec-wait");
      await run.click();
      return status;
    };
    await says(await pressed(), /Open the address with a key that it printed/);
    errors.splice(0);

    await page.goto(live.withKey);
    assert.equal(page.url(), live.url, "the address keeps no key");
    await page.goto(`${live.url}creation.html`);
    await says(await pressed(), /^Exited with 0/);
    assert.deepEqual(errors, []);
    await close();
  } finally {
    live.close();
  }
});

test("until a click, a page asks nobody but its own server", async () => {
  for (const server of [site, book]) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const others = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith("data:")) {
        others.push(request.url());
      }
    });
    await page.goto(`${server.url}races.html`, { waitUntil: "networkidle" });
    assert.deepEqual(others, []);
    await context.close();
  }
});

// A static page whose playground answers as `answer` says; and what was sent there.
async function withPlayground(answer) {
  const opened = await open(browser, `${site.url}races.html`);
  const sent = [];
  await opened.page.route(PLAYGROUND, async (route) => {
    sent.push(route.request());
    await answer(route);
  });
  return { ...opened, sent };
}

const CARGO =
  "   Compiling playground v0.0.1 (/playground)\n    Finished `dev` profile in 0.5s\n     Running `target/debug/playground`\n";
const CORS = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
const playground = (status, json) => (route) => route.fulfill({ status, headers: CORS, json });

test(
  "on a static page, Run sends a whole program to the playground, and shows its answer",
  chromiumOnly("tell what a page sends"),
  async () => {
    const { page, close, sent } = await withPlayground(
      playground(200, {
        success: true,
        exitDetail: "Exited with status 0",
        stdout: "both cookies\n",
        stderr: `${CARGO}careful\n`,
      }),
    );
    const { run, status, output, record, bar } = listing(page, "lost-update");
    await says(bar.locator(".run-note"), /nothing is sent before/);
    await run.click();
    await says(status, /^Exited with status 0, on the Rust playground$/);
    assert.equal(await output.textContent(), "both cookies\ncareful\n");
    assert.ok(await record.isVisible());
    const [request] = sent.filter((request) => request.method() === "POST");
    assert.equal(request.url(), "https://play.rust-lang.org/execute");
    const { code, ...rest } = request.postDataJSON();
    assert.deepEqual(rest, {
      channel: "stable",
      mode: "debug",
      edition: "2024",
      crateType: "bin",
      tests: false,
      backtrace: false,
    });
    const source = await readFile(path.join(ROOT, "listings/src/bin/lost-update.rs"), "utf8");
    assert.equal(code.trim(), source.trim());
    assert.equal(await request.headerValue("referer"), null);
    await close();
  },
);

for (const [what, answer, said] of [
  [
    "a program that doesn't compile",
    playground(200, { success: false, exitDetail: "", stdout: "", stderr: "error: no" }),
    /^Not run: it doesn’t compile$/,
  ],
  [
    "a program that fails",
    playground(200, {
      success: false,
      exitDetail: "Exited with signal 6 (SIGABRT)",
      stdout: "",
      stderr: CARGO,
    }),
    /^Exited with signal 6 \(SIGABRT\), on the Rust playground$/,
  ],
  ["a playground that is overrun", playground(429, { error: "slow" }), /try again in a minute$/],
  ["a playground that refuses", playground(500, { error: "broken" }), /status 500: broken$/],
  [
    "an answer that is no JSON",
    (route) => route.fulfill({ status: 502, headers: CORS, body: "<html>" }),
    /makes no sense: status 502$/,
  ],
  ["an answer without output", playground(200, {}), /makes no sense: status 200$/],
  ["no connection", (route) => route.abort("internetdisconnected"), /you may be offline/],
  [
    "a playground that refuses this page",
    (route) =>
      route.fulfill({
        headers: { "access-control-allow-origin": "https://example.org" },
        json: {},
      }),
    /or it refuses this page$/,
  ],
]) {
  test(`on a static page, Run tells of ${what}`, async () => {
    const { page, close } = await withPlayground(answer);
    const { run, status } = listing(page, "lost-update");
    await run.click();
    await says(status, said);
    assert.ok(await isOn(run));
    await close();
  });
}

test("the playground has 30 s to answer", async () => {
  const { page, close } = await open(browser, `${site.url}races.html`);
  await page.clock.install();
  let ask;
  const asked = new Promise((resolve) => {
    ask = resolve;
  });
  await page.route(PLAYGROUND, ask);
  const { run, status } = listing(page, "lost-update");
  await run.click();
  await says(status, /has 30 s to answer…$/);
  await asked;
  await page.clock.fastForward(29_000);
  assert.match(await status.textContent(), /has 30 s to answer…$/);
  await page.clock.fastForward(1_000);
  await says(status, /gave no answer in 30 s$/);
  await close();
});

test("on a static page, a listing that needs nix has its command and its record, and runs in the page or says why not", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  const { bar, run, copy, fold, record } = listing(page, "fork-exec-wait");
  assert.ok(!(await run.isVisible()));
  assert.ok(await copy.isEnabled());
  await says(bar, /cargo run --bin fork-exec-wait/);
  await says(bar, /listings\/src\/bin\/fork-exec-wait\.rs/);
  await says(bar, /Run in the page|a crate that the Rust playground doesn’t have/);
  await fold.locator("summary").click();
  assert.ok(await record.isVisible());
  await close();
});

test("a snippet that is whole runs on the playground, under its bar", async () => {
  const { page, close } = await open(browser, `${site.url}introduction.html`);
  await page.route(
    PLAYGROUND,
    playground(200, {
      success: true,
      exitDetail: "Exited with status 0",
      stdout: "",
      stderr: CARGO,
    }),
  );
  const { run, status, bar } = listing(page, "The program above");
  await run.click();
  await says(status, /^Exited with status 0/);
  assert.ok(await bar.locator("+ .runs .run-live").isVisible());
  await close();
});

test("Copy copies the command", chromiumOnly("let a page read what is copied"), async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`, {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const { copy, status } = listing(page, "fork-exec-wait");
  await copy.click();
  await says(status, /^Copied\.$/);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, "cargo run --bin fork-exec-wait");
  await close();
});

test("where the browser doesn't let it copy, Copy selects the command", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed"));
  });
  const { copy, status } = listing(page, "fork-exec-wait");
  await copy.click();
  await says(status, /the command is selected\.$/);
  assert.equal(await page.evaluate(() => String(getSelection())), "cargo run --bin fork-exec-wait");
  await close();
});

// Where the blocks of a page lie, from top to bottom.
const places = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("main > *")].map((element) => {
      const { top, height } = element.getBoundingClientRect();
      return [element.className || element.localName, Math.round(top), Math.round(height)];
    }),
  );

test("nothing moves when the scripts take the bars over", async () => {
  for (const server of [site, book]) {
    for (const width of WIDTHS) {
      const taken = await open(browser, `${server.url}races.html`, { width });
      // Anew: a browser doesn't ask again for a script that it has.
      const bare = await open(browser, "about:blank", { width });
      await bare.page.route(/theme\/js\/(run|predict)/, (route) => route.abort());
      await bare.page.goto(`${server.url}races.html`);
      assert.ok(await bare.page.locator(".run-start").first().isDisabled(), "no script has run");
      assert.deepEqual(await places(taken.page), await places(bare.page));
      await taken.close();
      await bare.close();
    }
  }
});

test("an output that was unfolded is so when the reader comes back, until all are folded again", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  const first = listing(page, "fork-exec-wait");
  const other = listing(page, "zombie");
  await first.fold.locator("summary").click();
  await page.reload();
  assert.ok(await first.record.isVisible());
  assert.ok(!(await other.record.isVisible()));

  await other.fold.locator("summary").click();
  await first.fold.locator("summary").click();
  await page.reload();
  assert.ok(!(await first.record.isVisible()), "what was folded by hand stays so");
  assert.ok(await other.record.isVisible());

  await page.getByRole("button", { name: "Fold the outputs of this page again" }).click();
  assert.ok(!(await other.record.isVisible()));
  await page.reload();
  assert.ok(!(await other.record.isVisible()));
  await close();
});

test("a record of what was unfolded that makes no sense does no harm", async () => {
  const { page, errors, close } = await open(browser, `${site.url}creation.html`);
  await page.evaluate(() => localStorage.setItem("two-kitchens:unfolded", "7{"));
  await page.reload();
  await listing(page, "fork-exec-wait").fold.locator("summary").click();
  await page.reload();
  assert.ok(await listing(page, "fork-exec-wait").record.isVisible());
  assert.deepEqual(errors, []);
  await close();
});

test("a link to a place in a fold unfolds it", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  const { record } = listing(page, "zombie");
  await record.evaluate((pre) => {
    pre.id = "here";
    location.hash = "here";
  });
  await record.waitFor();
  await close();
});

test(
  "without scripts a page has the commands, the files and the folds, and no dead button",
  chromiumOnly("turn scripts off"),
  async () => {
    const { page, close } = await open(browser, `${site.url}races.html`, {
      javaScriptEnabled: false,
    });
    const { bar, fold, record } = listing(page, "lost-update");
    assert.ok(await bar.getByText("cargo run --bin lost-update").isVisible());
    assert.ok(await bar.getByText("listings/src/bin/lost-update.rs").isVisible());
    assert.equal(await page.locator("main button:visible").count(), 0);
    assert.ok(!(await page.getByText("nothing is sent before").first().isVisible()));
    assert.ok(!(await record.isVisible()));
    await fold.locator("summary").click();
    assert.ok(await record.isVisible());
    await close();
  },
);

test(
  "paper shows the commands, all outputs and solutions, and no bar",
  chromiumOnly("turn scripts off, nor print"),
  async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page, close } = await open(browser, `${site.url}races.html`, { javaScriptEnabled });
      await page.emulateMedia({ media: "print" });
      const folds = page.locator(".predict");
      for (let index = 0; index < (await folds.count()); index++) {
        const fold = folds.nth(index);
        await says(fold.locator("pre code"), /^\$ cargo run /);
        const height = await fold.locator("pre code").evaluate((code) => code.offsetHeight);
        const visible = await fold
          .locator("pre code")
          .evaluate((code) => code.checkVisibility({ contentVisibilityAuto: true }));
        assert.ok(height > 40 && visible, `fold ${index} shows its output`);
      }
      assert.equal(await page.locator(".run-bar:visible, summary:visible .predict").count(), 0);
      const solution = page.locator("main details:not(.predict) pre code").last();
      assert.ok(
        await solution.evaluate((code) => code.checkVisibility({ contentVisibilityAuto: true })),
      );
      await close();
    }
  },
);

test("a browser that can't unfold by style is helped before it prints", async () => {
  const { page, close } = await open(browser, `${site.url}races.html`);
  const unfolded = page.locator("main details[open]");
  await listing(page, "lost-update").fold.locator("summary").click();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await unfolded.count(), await page.locator("main details").count());
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await unfolded.count(), 1, "the one that the reader has unfolded");
  await close();
});

test("mdBook's own buttons on code are seen, and reached by keyboard", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  const button = page.locator("pre > .buttons button").first();
  assert.ok(await button.isVisible());
  const opacity = await page
    .locator("pre > .buttons")
    .first()
    .evaluate((buttons) => getComputedStyle(buttons).opacity);
  assert.equal(opacity, "1");
  await button.focus();
  assert.ok(await button.evaluate((element) => element === document.activeElement));
  await close();
});

test("axe finds nothing after a run, in any theme, on a desk and on a phone", async () => {
  for (const width of WIDTHS) {
    const { page, close } = await open(browser, `${book.url}creation.html`, { width });
    await runs(
      page,
      { kind: "started" },
      { kind: "stdout", text: "line\n".repeat(200) },
      { kind: "stderr", text: "a warning" },
      { kind: "ended", how: "exited with 0", ok: true, seconds: 0.1 },
    );
    await says(listing(page, "fork-exec-wait").status, /^Exited/);
    assert.deepEqual(await axe(page), [], `${width} pixels wide`);
    await close();
  }
});
