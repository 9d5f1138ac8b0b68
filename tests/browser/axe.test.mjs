// Every page, as a screen reader and weak eyes have it: axe finds nothing, whatever the theme.

import assert from "node:assert/strict";
import { test } from "node:test";
import { axe, each, open, pages, WIDTHS } from "./lib.mjs";
import { browser, site } from "./setting.mjs";

// The whole book in one page: what stands there, and so what it looks like, stands in a chapter.
const WHOLE = "print.html";

for (const width of WIDTHS) {
  test(`axe finds nothing on any page ${width} pixels wide, in any theme`, async () => {
    const found = [];
    const look = async (name) => {
      const { page, close } = await open(browser, site.url + name, { width });
      for (const node of await axe(page, { isElsewhere: name === WHOLE })) {
        found.push(`${name}, ${width} px, ${node}`);
      }
      await close();
    };
    const chapters = (await pages()).filter((name) => name !== WHOLE);
    await each(chapters, look);
    await look(WHOLE);
    assert.deepEqual(found, []);
  });

  // They are the same on each page: this one has little else for axe to look at.
  test(`nor with search, theme menu or help open, ${width} pixels wide`, async () => {
    const { page, close } = await open(browser, `${site.url}introduction.html`, { width });
    const found = [];
    const look = async (what, popup) => {
      for (const node of await axe(page)) {
        found.push(`${what}, ${width} px, ${node}`);
      }
      assert.ok(await page.locator(popup).isVisible(), `${what} is open in each theme`);
    };
    await page.locator("#mdbook-search-toggle").click();
    await page.locator("#mdbook-searchbar").fill("fork");
    await page.keyboard.press("End");
    await page.locator("#mdbook-searchresults li").first().waitFor();
    await look("search", "#mdbook-searchresults li >> nth=0");
    await page.keyboard.press("Escape");
    await page.locator("#mdbook-theme-toggle").click();
    await look("theme menu", "#mdbook-theme-list");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await look("help", "#mdbook-help-popup");
    await close();
    assert.deepEqual(found, []);
  });
}
