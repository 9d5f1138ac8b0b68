// The Linux in the page, by a reader's hand: fetched on a click, kept, and unharmed by what runs in it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  axe,
  BOOK,
  chromiumOnly,
  each,
  IS_FIREFOX,
  launch,
  launchPrivate,
  open,
  pages,
  says,
  serve,
  serveLive,
  TURNS,
  WIDTHS,
} from "./lib.mjs";
import { listing, NIX, options, PRINTED, runsAsRecorded } from "./machine.mjs";
import { browser, site } from "./setting.mjs";

const inChromium = (what) => ({ ...options, skip: options.skip || chromiumOnly(what).skip });

// A chapter, in a browser that has kept nothing.
const chapter = (options) => open(browser, `${site.url}creation.html`, options);

// A line for the machine's shell, as one word: the agent parts words at blanks.
const shell = (line) => ["/bin/sh", "-c", line.replaceAll(" ", `\${IFS}`)];

// Runs a program, also one that is no listing, and gives its last event and what it printed.
function runsInPage(page, argv) {
  return page.evaluate(async (argv) => {
    const { fetchAll, start } = await import(new URL("machine/machine.mjs", document.baseURI));
    await fetchAll();
    const machine = await start();
    const decoder = new TextDecoder();
    let terminal = "";
    machine.onTerminal((bytes) => {
      terminal += decoder.decode(bytes, { stream: true });
      if (terminal.includes("Kernel panic")) {
        window.seen = "panic";
      }
    });
    let last;
    let text = "";
    let cut = false;
    for await (const event of machine.run(argv)) {
      window.seen = event.kind;
      text += event.text ?? "";
      cut ||= event.kind === "truncated";
      last = event;
    }
    machine.end();
    return { ...last, printed: text, cut };
  }, argv);
}

// Answers for a file of the machine in a test's way.
async function route(page, file, answer) {
  await page.route(`**/machine/${file}`, answer);
}

test(
  "nothing is fetched before the click, which then says how much, and how far it is",
  options,
  async () => {
    const { page, errors, close } = await open(browser, "about:blank");
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${site.url}creation.html`, { waitUntil: "networkidle" });
    assert.deepEqual(
      asked.filter((path) => path.startsWith("/machine")),
      [],
    );
    const { run, note, status, progress, output } = listing(page);
    const [, size] = (await note.textContent()).match(/first click fetches (\d+\.\d MB)/);
    assert.match(await note.textContent(), /one 32-bit processor: addresses are shorter/);

    let goOn;
    const held = new Promise((resolve) => {
      goOn = resolve;
    });
    await route(page, "state.bin.zst", async (route) => {
      await held;
      await route.continue();
    });
    await run.click();
    await says(status, new RegExp(`^Fetching a Linux of ${size}, once…$`));
    await page.waitForFunction(() => document.querySelector("progress").value > 3e5);
    const { value, max } = await progress.evaluate(({ value, max }) => ({ value, max }));
    assert.ok(value < max && (max / 1e6).toFixed(1) === size.split(" ")[0], `${value} of ${max}`);
    goOn();
    await says(status, /^Exited with 0, in the page/);
    assert.equal(await progress.count(), 0);
    assert.match(await output.textContent(), PRINTED);
    assert.deepEqual(errors, []);
    await close();
  },
);

test(
  "axe finds nothing while it is fetched and after it has run, in any theme",
  options,
  async () => {
    for (const width of WIDTHS) {
      const { page, close } = await chapter({ width });
      let goOn;
      await route(page, "state.bin.zst", (route) => {
        goOn = () => route.continue();
      });
      const { run, status, progress } = listing(page);
      await run.click();
      await progress.waitFor();
      assert.deepEqual(await axe(page), [], `${width} pixels wide`);
      goOn();
      await says(status, /^Exited with 0/);
      assert.deepEqual(await axe(page), [], `${width} pixels wide`);
      await close();
    }
  },
);

test("once fetched, it runs without a network", options, async () => {
  const own = await serve(BOOK);
  const { page, close } = await open(browser, `${own.url}creation.html`);
  await runsAsRecorded(page);
  const again = await page.context().newPage();
  await again.goto(`${own.url}creation.html`);
  // The browser has this one in its own cache, as it has the page.
  await again.evaluate(() => import(new URL("machine/machine.mjs", document.baseURI)));
  own.close();
  await runsAsRecorded(page);
  await runsAsRecorded(again);
  await close();
});

test("it runs in a private window, twice", options, async () => {
  const own = await launchPrivate();
  const { page, errors, close } = await open(own, `${site.url}creation.html`);
  await runsAsRecorded(page);
  await runsAsRecorded(page);
  assert.deepEqual(errors, []);
  await close();
  await own.close();
});

test("Stop works while it is fetched, and while it runs", options, async () => {
  const { page, errors, close } = await chapter();
  const { run, stop, status, progress } = listing(page);
  await route(page, "state.bin.zst", () => {});
  await run.click();
  await progress.waitFor();
  await stop.click();
  await says(status, /^Stopped by you$/);
  assert.equal(await progress.count(), 0);
  await page.unroute("**/machine/state.bin.zst");

  // What comes before, and after.
  await page.reload();
  const asked = new Promise((resolve) => route(page, "machine.mjs", resolve));
  await run.click();
  await asked;
  await stop.click();
  await says(status, /^Stopped by you$/);
  await page.unroute("**/machine/machine.mjs");
  await page.reload();
  await page.evaluate(() => {
    ServiceWorkerContainer.prototype.register = () => new Promise(() => {});
  });
  await run.click();
  await says(status, /^Starting a Linux…$/);
  await stop.click();
  await says(status, /^Stopped by you$/);
  await page.reload();
  await runsAsRecorded(page);

  const long = listing(page, "switching-by-socket");
  await page.goto(`${site.url}${await pageOf("switching-by-socket")}`);
  await long.run.click();
  await says(long.status, /^Running…$/);
  await long.stop.click();
  await says(long.status, /^Stopped by you$/);
  assert.deepEqual(errors, []);
  await close();
});

// The page that shows a listing.
async function pageOf(name) {
  for (const page of await pages()) {
    const html = await readFile(path.join(BOOK, page), "utf8");
    if (html.includes(`aria-label="${name}" data-listing`)) {
      return page;
    }
  }
  throw new Error(`no page shows ${name}`);
}

test("another run in the page stops the one before", options, async () => {
  const { page, close } = await chapter();
  const first = listing(page, "zombie");
  await route(page, "state.bin.zst", () => {});
  await first.run.click();
  await first.progress.waitFor();
  await page.unroute("**/machine/state.bin.zst");
  await runsAsRecorded(page);
  await says(first.status, /^Stopped: another program was run in the page$/);
  await close();
});

test("a program that harms its machine harms nothing else", options, async () => {
  const stopped = ({ how }) => how === "stopped after 60 s";
  await each(
    [
      {
        what: "a crash of the kernel",
        // The kernel of this machine is quiet otherwise, also when it crashes.
        program: "echo 8 >/proc/sys/kernel/printk;echo c>/proc/sysrq-trigger",
        isSo: stopped,
        passTimeAfter: "panic",
      },
      { what: "a hang", program: "sleep 1000", isSo: stopped, passTimeAfter: "started" },
      {
        what: "a flood",
        program: "yes",
        isSo: (ended) => stopped(ended) && ended.cut,
        passTimeAfter: "truncated",
      },
      { what: "forks without end", program: "f()(f&f);f", isSo: ({ ok }) => !ok },
      {
        what: "a program that isn't there",
        program: "exec /bin/none",
        isSo: ({ how }) => how === "exited with 127",
      },
    ],
    async ({ what, program, isSo, passTimeAfter }) => {
      const { page, errors, close } = await chapter();
      if (passTimeAfter) {
        await page.clock.install();
        await page.reload();
      }
      const running = runsInPage(page, shell(program));
      if (passTimeAfter) {
        await page.waitForFunction((kind) => window.seen === kind, passTimeAfter);
        await page.clock.fastForward(60_000);
      }
      const ended = await running;
      assert.ok(isSo(ended), `${what}: ${JSON.stringify(ended)}`);
      assert.ok(ended.printed.length <= 65536, `${what} printed ${ended.printed.length}`);
      await runsAsRecorded(page);
      assert.deepEqual(errors, [], what);
      await close();
    },
  );
});

test(
  "what ends by a signal, or can't be started, is told, and a program starts as it should",
  options,
  async () => {
    const { page, close } = await chapter();
    const killed = await runsInPage(page, shell("kill -ABRT $$"));
    assert.deepEqual([killed.how, killed.ok], ["killed by SIGABRT (6)", false]);
    const blocked = await runsInPage(page, ["/bin/grep", "SigBlk", "/proc/self/status"]);
    assert.match(blocked.printed, /^SigBlk:\t0+\n$/, "it starts with no signal blocked");
    const open = await runsInPage(page, ["/bin/ls", "/proc/self/fd"]);
    assert.equal(
      open.printed,
      "0\n1\n2\n3\n",
      "and with three descriptors; the fourth is ls's own",
    );
    const refused = await runsInPage(page, ["/listings/none"]);
    assert.match(refused.how, /^not started: .*No such file/);
    await close();
  },
);

for (const [what, setUp, said] of [
  [
    "without WebAssembly",
    () => delete globalThis.WebAssembly,
    /has no WebAssembly.* by its command$/,
  ],
  ["without workers", () => delete globalThis.Worker, /gives a page no threads.* by its command$/],
]) {
  test(`a browser ${what} is told so`, options, async () => {
    const { page, errors, close } = await open(browser, "about:blank");
    await page.addInitScript(setUp);
    await page.goto(`${site.url}creation.html`);
    const { run, status } = listing(page);
    await run.click();
    await says(status, said);
    assert.deepEqual(errors, []);
    await close();
  });
}

for (const [what, setUp] of [
  [
    "has no room",
    () => {
      // Not on the empty page before.
      if ("Cache" in globalThis) {
        Cache.prototype.put = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
      }
    },
  ],
  ["keeps nothing", () => delete globalThis.caches],
  [
    "refuses a service worker",
    () => {
      // Not on the empty page before.
      if (navigator.serviceWorker) {
        navigator.serviceWorker.register = () => Promise.reject(new Error("refused"));
      }
    },
  ],
]) {
  test(`where the browser ${what}, it runs all the same`, options, async () => {
    const { page, errors, close } = await open(browser, "about:blank");
    await page.addInitScript(setUp);
    await page.goto(`${site.url}creation.html`);
    await runsAsRecorded(page);
    await runsAsRecorded(page);
    assert.deepEqual(errors, []);
    await close();
  });
}

for (const [what, answer, said] of [
  ["is offline", (route) => route.abort("internetdisconnected"), /you may be offline$/],
  ["gets no file", (route) => route.fulfill({ status: 404 }), /answers with status 404$/],
  [
    "gets another file",
    (route) => route.fulfill({ body: "<html>" }),
    /isn’t what belongs to this page: load it anew$/,
  ],
]) {
  test(`a reader who ${what} is told so, and may try again`, options, async () => {
    const { page, close } = await chapter();
    const { run, status } = listing(page);
    await route(page, "v86.wasm.gz", answer);
    await run.click();
    await says(status, said);
    await page.unroute("**/machine/v86.wasm.gz");
    await runsAsRecorded(page);
    await close();
  });
}

test(
  "what was kept and isn't right any more is fetched anew, and nothing else",
  options,
  async () => {
    const { page, close } = await chapter();
    await runsAsRecorded(page);
    for (const name of ["state.bin.zst", "worker.mjs"]) {
      const missing = await page.evaluate(async (name) => {
        const [cache] = await Promise.all((await caches.keys()).map((key) => caches.open(key)));
        const url = new URL(`machine/${name}`, document.baseURI);
        const bytes = new Uint8Array(await (await cache.match(url)).arrayBuffer());
        bytes[bytes.length >> 1] ^= 1;
        await cache.put(url, new Response(bytes));
        const machine = await import(new URL("machine/machine.mjs", document.baseURI));
        return (await machine.missing()) === bytes.length;
      }, name);
      assert.ok(missing, `${name} alone is missing`);
      await runsAsRecorded(page);
    }
    await close();
  },
);

for (const [how, start] of [
  ["of static files", () => serve(BOOK)],
  ["of `cargo run`", serveLive],
]) {
  test(`on a page ${how}, the worker alone may compile WebAssembly, and reaches no server`, {
    ...options,
    ...chromiumOnly("ask a worker"),
  }, async () => {
    const own = await start();
    const { page, errors, close } = await open(browser, `${own.url}creation.html`);
    await runsAsRecorded(page);
    assert.deepEqual(errors, [], "no breach of a policy");

    const started = page.waitForEvent("worker");
    const ended = runsInPage(page, ["/bin/sleep", "3"]);
    const worker = await started;
    const tries = (url) =>
      worker.evaluate(async (url) => {
        const failed = (promise) =>
          promise.then(
            () => false,
            () => true,
          );
        const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
        return {
          fetch: await failed(fetch(url)),
          wasm: await failed(WebAssembly.compile(empty)),
          eval: await failed((async () => new Function("1")())()),
        };
      }, url);
    assert.deepEqual(await tries(own.url), { fetch: true, wasm: false, eval: true });
    await ended;

    const inPage = await page.evaluate(() =>
      WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(
        () => "compiled",
        () => "refused",
      ),
    );
    assert.equal(inPage, "refused", "the page's own policy doesn't allow it");
    await close();
    own.close();
  });
}

test(
  "a listing that needs only std has both, and so has each on the local page; a snippet hasn't",
  options,
  async () => {
    const live = await serveLive();
    for (const [url, name] of [
      [`${site.url}races.html`, "lost-update"],
      [`${live.url}creation.html`, NIX],
    ]) {
      const { page, errors, close } = await open(browser, url);
      const { bar, run, status, output } = listing(page, name);
      assert.ok(await bar.getByRole("button", { name: `Run ${name}` }).isVisible());
      await run.click();
      await says(status, /^Exited with 0, in the page/);
      assert.notEqual(await output.textContent(), "");
      assert.equal(
        await page.locator('.run-bar[aria-label="The program above"] .run-page').count(),
        0,
      );
      assert.deepEqual(errors, []);
      await close();
    }
    live.close();
  },
);

test("a page that is opened as a file says that nothing runs there", options, async () => {
  const { page, close } = await open(browser, pathToFileURL(path.join(BOOK, "creation.html")).href);
  await says(listing(page).status, /opened as a file: open it from a server/);
  await close();
});

const turns = {
  ...options,
  skip: options.skip || (!IS_FIREFOX && "the next one runs it 50 times"),
};
test(`it runs in one page ${TURNS} times`, turns, async () => {
  const { page, errors, close } = await chapter();
  for (let turn = 0; turn < TURNS; turn++) {
    await runsAsRecorded(page);
  }
  assert.deepEqual(errors, []);
  await close();
});

test(
  "after 50 runs the browser needs no more memory than after 5",
  inChromium("tell what a page's processes are"),
  async (t) => {
    // A browser of its own, whose processes are those of this page.
    const own = await launch();
    const { page } = await open(own, `${site.url}creation.html`);
    const session = await own.newBrowserCDPSession();
    const collector = await page.context().newCDPSession(page);
    // In MiB, of all processes that run pages and their workers.
    const memory = async () => {
      await collector.send("HeapProfiler.collectGarbage");
      const { processInfo } = await session.send("SystemInfo.getProcessInfo");
      let sum = 0;
      for (const { id } of processInfo.filter(({ type }) => type === "renderer")) {
        const status = await readFile(`/proc/${id}/status`, "utf8");
        sum += Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024;
      }
      return sum;
    };
    await runsAsRecorded(page);
    const seen = {};
    for (let turn = 2; turn <= 50; turn++) {
      await runsAsRecorded(page);
      if (turn === 5 || turn === 50) {
        seen[turn] = await memory();
      }
    }
    await page.evaluate(async () => {
      const { start } = await import(new URL("machine/machine.mjs", document.baseURI));
      window.machine = await start();
    });
    const during = await memory();
    await own.close();
    t.diagnostic(
      `after 5 runs: ${seen[5].toFixed(0)} MiB; after 50: ${seen[50].toFixed(0)} MiB; ` +
        `with a machine: ${during.toFixed(0)} MiB`,
    );
    assert.ok(during > seen[50] + 50, "a machine's memory is seen");
    assert.ok(seen[50] <= seen[5] * 1.1, JSON.stringify(seen));
  },
);
