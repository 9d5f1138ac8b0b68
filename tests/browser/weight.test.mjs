// What a chapter costs before a click, beside the same chapter in mdBook's own theme.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  BOOK,
  each,
  launch,
  median,
  open,
  PLAIN_BOOK,
  pages,
  serve,
  THREE_CHAPTERS,
} from "./lib.mjs";

const MOST = 120_000;
const TIMES = 5;

let browser;
let ours;
let plain;

before(async () => {
  [browser, ours, plain] = await Promise.all([launch(), serve(BOOK), serve(PLAIN_BOOK)]);
});
after(async () => {
  await browser.close();
  ours.close();
  plain.close();
});

// All that a page loads by itself. Compressed here, by gzip at its usual level, whatever the
// server did: what a host of static pages sends.
async function load(url) {
  const loaded = [];
  const { page, close } = await open(browser, "about:blank");
  page.on("requestfinished", (request) => {
    const body = request.response().then((response) => response.body());
    loaded.push(body.then((bytes) => [request.url(), gzipSync(bytes).length]));
  });
  await page.goto(url, { waitUntil: "networkidle" });
  const found = await Promise.all(loaded);
  await close();
  return found;
}

const sum = (loaded) => loaded.reduce((total, [, bytes]) => total + bytes, 0);

test("a chapter weighs at most 120 kB compressed, and asks its own server alone", async (t) => {
  const heavy = [];
  await each(await pages(), async (name) => {
    // The whole book in one page is what it is, and a page that searches loads what it searches.
    if (["print.html", "404.html"].includes(name)) {
      return;
    }
    const loaded = await load(ours.url + name);
    for (const [url] of loaded) {
      assert.ok(url.startsWith(ours.url), `${name} asks ${url}`);
    }
    if (THREE_CHAPTERS.includes(name)) {
      const stock = await load(plain.url + name);
      t.diagnostic(
        `${name}: ${sum(loaded)} bytes in ${loaded.length} requests; ` +
          `stock theme: ${sum(stock)} bytes in ${stock.length}`,
      );
    }
    if (sum(loaded) > MOST) {
      const parts = loaded.map(([url, bytes]) => `${bytes} ${url}`).join("\n");
      heavy.push(`${name}: ${sum(loaded)} bytes\n${parts}`);
    }
  });
  assert.deepEqual(heavy, []);
});

// In milliseconds, on a line of 10 Mbit/s with 40 ms to and fro, with nothing cached.
async function largestPaint(url) {
  const { page, close } = await open(browser, "about:blank");
  const session = await page.context().newCDPSession(page);
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 40,
    downloadThroughput: 10e6 / 8,
    uploadThroughput: 10e6 / 8,
  });
  await page.goto(url, { waitUntil: "networkidle" });
  const time = await page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({
          type: "largest-contentful-paint",
          buffered: true,
        });
      }),
  );
  await close();
  return time;
}

test("its largest paint comes no later than in mdBook's own theme", async (t) => {
  for (const name of THREE_CHAPTERS) {
    const times = { ours: [], plain: [] };
    for (let turn = 0; turn < TIMES; turn++) {
      times.ours.push(await largestPaint(ours.url + name));
      times.plain.push(await largestPaint(plain.url + name));
    }
    const [here, there] = [median(times.ours), median(times.plain)];
    t.diagnostic(`${name}: ${here.toFixed(0)} ms; stock theme: ${there.toFixed(0)} ms`);
    assert.ok(here <= there, `${name}: ${here} ms, and ${there} ms in the stock theme`);
  }
});
