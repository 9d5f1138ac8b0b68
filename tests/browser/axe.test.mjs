// Every page, as a screen reader and weak eyes have it: axe finds nothing, whatever the theme.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, BOOK, choose, each, launch, open, pages, serve, THEMES, WIDTHS } from "./lib.mjs";

// The rules that look at colours. A theme changes nothing else, so the others run in one of them.
const COLOURS = ["color-contrast", "link-in-text-block"];

let browser;
let site;

before(async () => {
  [browser, site] = await Promise.all([launch(), serve(BOOK)]);
});
after(async () => {
  await browser.close();
  site.close();
});

for (const width of WIDTHS) {
  test(`axe finds nothing on any page ${width} pixels wide, in any theme`, async () => {
    const found = [];
    await each(await pages(), async (name) => {
      const { page, close } = await open(browser, site.url + name, { width });
      for (const theme of THEMES) {
        await choose(page, theme);
        for (const node of await axe(page, theme === THEMES[0] ? undefined : COLOURS)) {
          found.push(`${name}, ${theme}, ${width} px: ${node}`);
        }
      }
      await close();
    });
    assert.deepEqual(found, []);
  });

  test(`nor with search, theme menu or help open, ${width} pixels wide`, async () => {
    const found = [];
    await each(THEMES, async (theme) => {
      const { page, close } = await open(browser, `${site.url}creation.html`, { width });
      await choose(page, theme);
      const look = async (what) => {
        for (const node of await axe(page)) {
          found.push(`${what}, ${theme}, ${width} px: ${node}`);
        }
      };
      await page.locator("#mdbook-search-toggle").click();
      await page.locator("#mdbook-searchbar").fill("fork");
      await page.keyboard.press("End");
      await page.locator("#mdbook-searchresults li").first().waitFor();
      await look("search");
      await page.keyboard.press("Escape");
      await page.locator("#mdbook-theme-toggle").click();
      await look("theme menu");
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      await look("help");
      await close();
    });
    assert.deepEqual(found, []);
  });
}
