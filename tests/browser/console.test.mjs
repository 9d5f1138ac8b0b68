// No page breaks its policy, nor says anything on the console.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BOOK, each, open, pages, serve, serveLive } from "./lib.mjs";
import { browser } from "./setting.mjs";

for (const [how, start] of [
  ["as static files", () => serve(BOOK)],
  ["by `cargo run`", serveLive],
]) {
  test(`no page served ${how} has an error, a warning or a breach of its policy`, async () => {
    const site = await start();
    const found = [];
    await each(await pages(), async (name) => {
      const { page, errors, close } = await open(browser, site.url + name);
      // What the stock scripts write into the page is under the policy too. The page for unknown
      // paths opens its search itself.
      if (name !== "toc.html") {
        if (name !== "404.html") {
          await page.locator("#mdbook-search-toggle").click();
        }
        await page.locator("#mdbook-searchbar").fill("fork");
        await page.keyboard.press("End");
        await page.locator("#mdbook-searchresults li").first().waitFor();
        await page.keyboard.press("Escape");
      }
      found.push(...errors.map((error) => `${name}: ${error}`));
      await close();
    });
    site.close();
    assert.deepEqual(found, []);
  });
}

test("a page's policy forbids what isn't the book's", async () => {
  const site = await serve(BOOK);
  const { page, errors, close } = await open(browser, `${site.url}creation.html`);
  const breaches = await page.evaluate(async () => {
    const seen = [];
    const both = new Promise((resolve) => {
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
        seen.push(effectiveDirective);
        if (seen.length === 2) {
          resolve();
        }
      });
    });
    const script = document.createElement("script");
    script.textContent = "window.strange = true";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", '<a onclick="window.strange = true"></a>');
    document.body.lastElementChild.click();
    await both;
    return { seen: seen.sort(), strange: window.strange };
  });
  assert.deepEqual(breaches, { seen: ["script-src-attr", "script-src-elem"], strange: undefined });
  assert.equal(errors.length, 2);
  await close();
  site.close();
});

test("the page for unknown paths searches for the words of the path, and finds", async () => {
  const site = await serve(BOOK);
  const { page, close } = await open(browser, `${site.url}old/Copy-on-Write.htm`);
  const first = page.locator("#mdbook-searchresults a").first();
  await first.waitFor();
  assert.equal(await page.locator("#mdbook-searchbar").inputValue(), "Copy on Write");
  assert.match(await first.getAttribute("href"), /^copy-on-write\.html/);
  await close();
  site.close();
});
