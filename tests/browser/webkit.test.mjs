// The book in WebKit: in short what the other files test, which Playwright drives elsewhere.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { By, Key, until } from "selenium-webdriver";
import { AXE, BOOK, pages, serve, serveLive, TURNS } from "./lib.mjs";
import { NIX, options, PRINTED } from "./machine.mjs";
import { DRIVER, openWebkit } from "./webkit.mjs";

// Its driver doesn't tell what a page says on the console. The page's policy begins after this.
const LISTENS = `<script>
  window.said = [];
  for (const kind of ["error", "warn"]) {
    console[kind] = (...words) => said.push(words.join(" "));
  }
  addEventListener("error", ({ message, target }) => said.push(message ?? target.outerHTML), true);
  addEventListener("unhandledrejection", ({ reason }) => said.push(String(reason)));
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
    said.push(effectiveDirective + ": " + blockedURI));
</script>`;
const LIMIT = 60_000;

// CI makes all that is needed.
const skip =
  !existsSync(DRIVER) &&
  !process.env.CI &&
  `there is no ${DRIVER}: install webkit2gtk-driver and xvfb`;

describe("in WebKit", { skip }, () => {
  let site;
  let driver;
  let close;
  before(async () => {
    site = await serve(BOOK, { begin: LISTENS });
    ({ driver, close } = await openWebkit());
  });
  after(async () => {
    await close();
    site.close();
  });

  const at = (selector) => driver.findElement(By.css(selector));
  const click = (selector) => driver.executeScript("arguments[0].click()", at(selector));
  // Also of a page that is still loaded.
  const shows = (selector, text) =>
    driver.wait(
      async () => {
        const shown = "return document.querySelector(arguments[0])?.textContent ?? ''";
        return text.test(await driver.executeScript(shown, selector));
      },
      LIMIT,
      `${selector} never says ${text}`,
    );

  // Opens a page, and fails if anything went wrong on it while `use` used it.
  async function on(name, use) {
    await driver.get(site.url + name);
    await use();
    assert.deepEqual(await driver.executeScript("return window.said"), [], name);
  }

  async function runsInPage() {
    const bar = `.run-bar[aria-label="${NIX}"]`;
    await click(`${bar} .run-page`);
    // Before the run, it still says how the last one ended.
    await driver.wait(until.elementTextMatches(at(`${bar} .run-status`), /…$/), LIMIT);
    await shows(`${bar} .run-status`, /^Exited with 0, in the page, /);
    await shows(`.predict[data-command="cargo run --bin ${NIX}"] .run-output`, PRINTED);
  }

  test("no page has an error, a warning or a breach of its policy, nor a fault that axe finds", async () => {
    for (const name of await pages()) {
      await on(name, async () => {
        const found = await driver.executeAsyncScript(`${AXE};
        const done = arguments[0];
        axe.run({ resultTypes: ["violations"] }).then(
          ({ violations }) => done(violations.flatMap(({ id, nodes }) =>
            nodes.map(({ target, failureSummary }) => id + ": " + target + ": " + failureSummary))),
          (error) => done([String(error)]))`);
        assert.deepEqual(found, [], name);
      });
    }
  });

  test("the search finds, and leads to the page", () =>
    on("creation.html", async () => {
      await click("#mdbook-search-toggle");
      await driver.wait(until.elementIsVisible(at("#mdbook-searchbar")), LIMIT);
      await at("#mdbook-searchbar").sendKeys("deadlock");
      await driver.wait(until.elementLocated(By.css("#mdbook-searchresults li")), LIMIT);
      await at("#mdbook-searchbar").sendKeys(Key.ENTER);
      await driver.wait(until.urlContains("highlight=deadlock"), LIMIT);
    }));

  test("a quiz is answered by keyboard and remembered, and the pictures move", async () => {
    await on("races.html", async () => {
      await at("fieldset.question input").sendKeys(Key.ARROW_DOWN, Key.SPACE);
      await shows("fieldset.question .said", /^(Right|Wrong)\. /);
      await driver.navigate().refresh();
      await shows("fieldset.question .said", /^(Right|Wrong)\. /);
      for (const cook of ["I", "sister", "I", "sister"]) {
        await at(`.scheduler [data-cook=${cook}]`).sendKeys(Key.ENTER);
      }
      await shows(".scheduler .said", /a cookie is lost\.$/);
    });
    await on("copy-on-write.html", async () => {
      await at(".cow [data-who=she]").sendKeys(Key.SPACE);
      await shows(".cow .said", /^She (reads|writes to) page 1: /);
    });
    await on("definition.html", async () => {
      await at(".dial input[type=checkbox]").sendKeys(Key.SPACE);
      await shows(".dial .said", /^Changed for us too: memory\./);
    });
    await on("interview.html", async () => {
      await at(".cards-bar button").sendKeys(Key.ENTER);
      await shows(".cards-bar .said", /^Card 1 of \d+: 1\./);
    });
  });

  test("Run runs on this machine", async () => {
    const live = await serveLive();
    await driver.get(`${live.url}creation.html`);
    const bar = `.run-bar[aria-label="${NIX}"]`;
    await click(`${bar} .run-start`);
    await shows(`${bar} .run-status`, /^Exited with 0, \d+\.\d\d s$/);
    live.close();
  });

  test(`a listing runs in the page ${TURNS} times`, options, () =>
    on("creation.html", async () => {
      for (let turn = 0; turn < TURNS; turn++) {
        await runsInPage();
      }
    }),
  );

  test("once fetched, it runs without a network", options, async () => {
    const own = await serve(BOOK);
    await driver.get(`${own.url}creation.html`);
    await runsInPage();
    own.close();
    await runsInPage();
  });

  test("it runs where service workers are turned off", options, () =>
    on("creation.html", async () => {
      await driver.executeScript(
        "ServiceWorkerContainer.prototype.register = () => Promise.reject(new Error('refused'))",
      );
      await runsInPage();
      await runsInPage();
    }),
  );

  test("the shell does what is typed", options, () =>
    on("look-around.html", async () => {
      await click(".shell-start");
      await shows(".shell-status", /^Running\.$/);
      await at(".shell-terminal textarea").sendKeys("echo $((6 * 7))", Key.ENTER);
      await driver.wait(
        async () =>
          driver.executeScript(
            "return [...document.querySelectorAll('.xterm-accessibility-tree > *')]" +
              ".some(({ textContent }) => textContent.trim() === '42')",
          ),
        LIMIT,
        "the shell never says 42",
      );
    }),
  );
});
