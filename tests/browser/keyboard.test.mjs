// The book by keyboard alone, and without scripts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chromiumOnly, open } from "./lib.mjs";
import { browser, site } from "./setting.mjs";

// What has the focus, whether that is seen, and whether it is in sight.
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (element === document.body) {
      return null;
    }
    window.known ??= new Map();
    if (!window.known.has(element)) {
      window.known.set(element, window.known.size);
    }
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const text = element.labels?.[0]?.textContent ?? element.textContent;
    const label = element.getAttribute("aria-label") ?? text.trim().slice(0, 40);
    return {
      key: window.known.get(element),
      what: `<${element.localName} id="${element.id}" class="${element.className}"> ${label}`,
      hasName: label !== "",
      isMarked: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2,
      isInSight: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
  });

const id = (page) => page.evaluate(() => document.activeElement.id);

for (const width of [1280, 375]) {
  for (const name of ["creation.html", "races.html", "overhead.html"]) {
    test(`Tab goes through ${name} and out of it again, ${width} pixels wide; focus is always seen`, async () => {
      const { page, close } = await open(browser, site.url + name, { width });
      const seen = new Set();
      for (;;) {
        await page.keyboard.press("Tab");
        const at = await focused(page);
        // Behind the last one comes the browser itself, and then the first.
        if (at === null || (at.key === 0 && seen.size > 1)) {
          break;
        }
        assert.ok(!seen.has(at.key), `Tab comes back to ${at.what} before it has left the page`);
        seen.add(at.key);
        assert.ok(at.hasName, `${at.what} has no name`);
        assert.ok(at.isMarked, `the focus isn't seen on ${at.what}`);
        assert.ok(at.isInSight, `the focus is out of sight on ${at.what}`);
      }
      assert.ok(seen.size > 10, `only ${seen.size} stops`);
      await close();
    });
  }
}

test("the skip link comes first, and leads to the text", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).what, '<a id="" class="skip-link"> Skip to the text');
  await page.keyboard.press("Enter");
  assert.equal(await id(page), "text");
  await close();
});

test("behind a link to a section, Tab begins in that section", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html#fork-exec-wait`);
  await page.keyboard.press("Tab");
  const section = await page.evaluate(() => {
    const headings = [...document.querySelectorAll("main :is(h1, h2)")];
    const isBefore = (heading) =>
      heading.compareDocumentPosition(document.activeElement) &
      (Node.DOCUMENT_POSITION_FOLLOWING | Node.DOCUMENT_POSITION_CONTAINED_BY);
    return headings.findLast(isBefore)?.id;
  });
  assert.equal(section, "fork-exec-wait");
  await close();
});

test("Enter opens and closes the sidebar, and Escape leads out of it", async () => {
  for (const width of [1280, 375]) {
    const { page, close } = await open(browser, `${site.url}creation.html`, { width });
    const sidebar = page.locator("#mdbook-sidebar");
    const toggle = page.locator("#mdbook-sidebar-toggle");
    if (await sidebar.isVisible()) {
      await toggle.press("Enter");
      await sidebar.waitFor({ state: "hidden" });
    }
    assert.equal(await toggle.getAttribute("aria-expanded"), "false");
    await toggle.press("Enter");
    await sidebar.waitFor({ state: "visible" });
    assert.equal(await toggle.getAttribute("aria-expanded"), "true");
    assert.match((await focused(page)).what, /class="active"/);
    await page.keyboard.press("Escape");
    await sidebar.waitFor({ state: "hidden" });
    assert.equal(await id(page), "mdbook-sidebar-toggle");
    await close();
  }
});

test("the search opens by its button and by /, finds, and leads to the page", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  await page.keyboard.press("/");
  await page.locator("#mdbook-searchbar:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#mdbook-searchbar").waitFor({ state: "hidden" });
  await page.locator("#mdbook-search-toggle").press("Enter");
  await page.locator("#mdbook-searchbar:focus").waitFor();
  await page.keyboard.type("deadlock");
  await page.locator("#mdbook-searchresults li").first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/highlight=deadlock/);
  await page.locator("main mark").first().waitFor();
  await close();
});

test("/ opens the search where it is typed with Shift, and goes back to its field", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  const type = () =>
    page.evaluate(() =>
      document.body.dispatchEvent(
        new KeyboardEvent("keydown", { key: "/", shiftKey: true, bubbles: true, cancelable: true }),
      ),
    );
  const field = page.locator("#mdbook-searchbar");
  await type();
  await field.waitFor({ state: "visible" });
  await page.evaluate(() => document.activeElement.blur());
  await type();
  assert.equal(await id(page), "mdbook-searchbar");
  await close();
});

test("a hit of the search that is folded away is unfolded, and no other fold", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  const command = "cargo run --bin fork-exec-wait";
  const output = await page.locator(`[data-command="${command}"] pre code`).textContent();
  const [, pid] = output.match(/pid (\d+)/);
  await page.goto(`${site.url}creation.html?highlight=${pid}#fork-exec-wait`);
  await page.locator("main details[open] mark").first().waitFor();
  const unfolded = await page
    .locator("main details[open]")
    .evaluateAll((folds) => folds.map(({ dataset }) => dataset.command));
  assert.deepEqual(unfolded, [command]);
  await close();
});

test("arrows turn the page, but not while a button, a fold or what scrolls has the focus", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`, { width: 375 });
  // Where mdBook listens.
  await page.evaluate(() => {
    window.heard = [];
    document.addEventListener("keydown", ({ key }) => window.heard.push(key));
  });
  for (const selector of [".run-copy", ".predict > summary", "pre > code[tabindex]"]) {
    await page.locator(selector).first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowLeft");
    assert.deepEqual(await page.evaluate(() => window.heard), [], selector);
  }
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("ArrowRight");
  await page.waitForURL("**/fork-and-threads.html");
  await close();
});

test("the theme is chosen by arrows and Enter, and kept", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  await page.locator("#mdbook-theme-toggle").press("Enter");
  assert.equal(await id(page), "mdbook-theme-light");
  await page.keyboard.press("End");
  assert.equal(await id(page), "mdbook-theme-ayu");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  assert.equal(await id(page), "mdbook-theme-toggle");
  await page.reload();
  assert.match(await page.locator("html").getAttribute("class"), /\bnavy\b/);
  await close();
});

test(
  "code is copied by its button, as it is seen",
  chromiumOnly("let a page read what is copied"),
  async () => {
    const { page, close } = await open(browser, `${site.url}creation.html`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.locator(".clip-button").first().press("Enter");
    await page.locator(".clip-button.tooltipped").waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /^\/\/! Fork makes a process[\s\S]*Ok\(\(\)\)\n}\s*$/);
    await close();
  },
);

test("hidden lines are shown and hidden by their button", async () => {
  const { page, close } = await open(browser, `${site.url}races.html`);
  const hidden = page.locator("code .boring").first();
  assert.equal(await hidden.isVisible(), false);
  await page.getByRole("button", { name: "Show hidden lines" }).first().press("Enter");
  await hidden.waitFor({ state: "visible" });
  await page.getByRole("button", { name: "Hide lines" }).first().press("Space");
  await hidden.waitFor({ state: "hidden" });
  await close();
});

test(
  "the theme follows the system's colours",
  chromiumOnly("choose the system's colours"),
  async () => {
    for (const [colorScheme, theme] of [
      ["dark", /\bnavy\b/],
      ["light", /\blight\b/],
    ]) {
      const { page, close } = await open(browser, `${site.url}creation.html`, { colorScheme });
      assert.match(await page.locator("html").getAttribute("class"), theme);
      await close();
    }
  },
);

test("nothing moves for those who don't want it", async () => {
  const { page, close } = await open(browser, `${site.url}creation.html`);
  const slow = await page.evaluate(
    () =>
      [...document.querySelectorAll("*")].filter((element) => {
        const style = getComputedStyle(element);
        return `${style.transitionDuration},${style.animationDuration}`
          .split(",")
          .some((time) => Number.parseFloat(time) > 0.01);
      }).length,
  );
  assert.equal(slow, 0);
  await close();
});

test(
  "without scripts there are the text, the contents, the next chapter and all details",
  chromiumOnly("turn scripts off"),
  async () => {
    const { page, errors, close } = await open(browser, `${site.url}creation.html`, {
      javaScriptEnabled: false,
    });
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.locator(".sidebar-label").click();
    const contents = page.frameLocator("noscript iframe, iframe.sidebar-iframe-outer");
    await contents.getByRole("link", { name: "Copy-on-write" }).waitFor();
    const details = page.locator("main details").first();
    const solution = details.locator("> :not(summary)").first();
    assert.equal(await solution.isVisible(), false);
    await details.locator("summary").press("Enter");
    await solution.waitFor({ state: "visible" });
    await page.locator(".sidebar-label").click();
    await page.locator("a[rel~=next]:visible").first().click();
    await page.waitForURL(/fork-and-threads\.html/);
    assert.deepEqual(errors, []);
    await close();
  },
);
