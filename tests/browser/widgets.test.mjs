// Quizzes, pictures that move and flash cards: by keyboard, by what they tell, and as remembered.

import assert from "node:assert/strict";
import { test } from "node:test";
import { axe, chromiumOnly, open } from "./lib.mjs";
import { browser, site } from "./setting.mjs";

/** Opens a page, and fails if anything went wrong on it while `use` used it. */
async function on(name, use, options) {
  const { page, errors, close } = await open(browser, site.url + name, options);
  await use(page);
  assert.deepEqual(errors, []);
  await close();
}

test("a quiz is answered by keyboard, says why, and is remembered until it is reset", () =>
  on("races.html", async (page) => {
    const question = page.locator("fieldset.question").first();
    const said = question.getByRole("status");
    const options = question.getByRole("radio");

    await options.first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    assert.ok(await options.nth(2).isChecked());
    assert.equal(await said.textContent(), "", "to look at an answer isn't to give it");
    await page.keyboard.press("Enter");
    assert.match(await said.textContent(), /^Wrong\. .+/);
    await page.keyboard.press("ArrowUp");
    assert.equal(await said.textContent(), "");
    await page.keyboard.press("Space");
    assert.match(await said.textContent(), /^Right\. .+/);
    assert.match(await page.locator(".score").textContent(), /^1 of 5 right/);

    await page.reload();
    assert.ok(await options.nth(1).isChecked());
    assert.match(await said.textContent(), /^Right\./);

    await page.locator(".score button").click();
    assert.match(await page.locator(".score").textContent(), /^0 of 5 right/);
    await page.reload();
    assert.equal(await question.locator(":checked").count(), 0);
  }));

test("each question of each quiz has one right answer, and each answer says why", () =>
  on("print.html", async (page) => {
    const questions = await page.locator("fieldset.question").evaluateAll((all) =>
      all.map((question) =>
        [...question.querySelectorAll("input")].map((radio) => {
          radio.click();
          return question.querySelector(".said").textContent.trim();
        }),
      ),
    );
    assert.ok(questions.length >= 16 * 3, `${questions.length} questions`);
    for (const said of questions) {
      assert.equal(said.filter((why) => why.startsWith("Right. ")).length, 1, said.join("\n"));
      assert.ok(
        said.every((why) => /^(Right|Wrong)\. .{10}/.test(why)),
        said.join("\n"),
      );
    }
    assert.equal(await page.locator("div.question").count(), 0);
  }));

test(
  "without scripts, a quiz is its answers, each with its reason to unfold",
  chromiumOnly("turn scripts off"),
  () =>
    on(
      "races.html",
      async (page) => {
        const answer = page.locator(".question details").first();
        await answer.locator("summary").click();
        assert.match(await answer.locator("p").textContent(), /^(Right|Wrong)\. /);
        assert.ok(await answer.locator("p").isVisible());
        assert.equal(await page.locator(".play:visible").count(), 0);
        assert.ok(await page.locator("figure.scheduler table").first().isVisible());
      },
      { javaScriptEnabled: false },
    ),
);

test("the scheduler's reader finds all six orders, and four of them lose a cookie", () =>
  on("races.html", async (page) => {
    const figure = page.locator("figure.scheduler");
    const said = figure.getByRole("status");
    const cooks = { I: figure.locator("[data-cook=I]"), s: figure.locator("[data-cook=sister]") };
    const take = async (order) => {
      await figure.locator("[data-do=again]").click();
      for (const cook of order) {
        await cooks[cook].focus();
        await page.keyboard.press("Enter");
      }
      return said.textContent();
    };

    assert.match(await take("IsIs"), /1 on the plate: a cookie is lost\.$/);
    assert.match(await figure.locator(".tally").textContent(), /1 of 6 orders, and 1 of the 4/);
    let lost = 1;
    for (const order of ["IIss", "Issi", "sIIs", "sIsI", "ssII"]) {
      lost += (await take(order.replace("i", "I"))).includes("a cookie is lost") ? 1 : 0;
    }
    assert.equal(lost, 4);
    assert.match(await figure.locator(".tally").textContent(), /6 of 6 orders, and 4 of the 4/);

    await figure.getByLabel("One lock for both").check();
    assert.match(await take("I"), /^I read 0\.$/);
    assert.equal(await cooks.s.textContent(), "sister waits for the lock");
    assert.match(await take("IsIss"), /2 on the plate: none is lost\.$/);
    assert.match(await figure.locator(".tally").textContent(), /1 of 2 orders, and 0 of the 0/);

    await take("Is");
    await figure.locator("[data-do=back]").click();
    assert.match(await said.textContent(), /^Nobody/);
  }));

test("a page is copied for who writes first, and read for nothing", () =>
  on("copy-on-write.html", async (page) => {
    const figure = page.locator("figure.cow");
    const said = figure.getByRole("status");
    const count = (what) => figure.locator(what).textContent();
    const touch = async (who, number) => {
      await figure.getByRole("button", { name: `${who} page ${number}` }).press("Space");
      return said.textContent();
    };

    await figure.getByLabel("reads").check();
    assert.match(await touch("her", 1), /^She reads page 1: 0 faults, 1 frame\. Nothing is copied/);
    assert.equal(await count("[data-frames]"), "4");
    await figure.getByLabel("writes").check();
    assert.match(await touch("her", 1), /^She writes to page 1: 1 fault, 2 frames\. .* hers\.$/);
    assert.match(await touch("my", 1), /^I write to page 1: 1 fault, 2 frames\. No frame is added/);
    assert.match(await touch("my", 1), /0 faults, 2 frames\. Nothing is copied/);
    assert.match(await touch("my", 2), /the new frame is mine\.$/);
    assert.equal(await count("[data-faults=I]"), "2");
    assert.equal(await count("[data-faults=she]"), "1");
    assert.equal(await count("[data-frames]"), "6");

    await figure.getByRole("button", { name: "Fork again" }).click();
    assert.equal(await count("[data-frames]"), "4");
  }));

test("each dial shares its own thing, in all eight settings", () =>
  on("definition.html", async (page) => {
    const figure = page.locator("figure.dial");
    const names = ["memory", "directory", "descriptors"];
    const dials = figure.getByRole("checkbox");
    for (let setting = 0; setting < 8; setting++) {
      const on = names.filter((_, index) => setting & (1 << index));
      for (const index of names.keys()) {
        if ((await dials.nth(index).isChecked()) !== on.includes(names[index])) {
          await dials.nth(index).press("Space");
        }
      }
      const shared = await figure.locator(".thing.is-shared").allTextContents();
      assert.equal(shared.length, on.length);
      assert.ok(on.every((name, index) => shared[index].startsWith(`${name}: one for both`)));
    }
    assert.match(await figure.getByRole("status").textContent(), /still it is a process/);
  }));

test("cards are asked one by one, marked, filtered and remembered", () =>
  on("interview.html", async (page) => {
    const cards = page.locator(".cards");
    const button = (name) => cards.getByRole("button", { name });
    const said = cards.getByRole("status");
    const visible = cards.locator(".card:visible");
    assert.equal(await visible.count(), 30);
    assert.match(await cards.locator(".count").textContent(), /^0 of 30/);

    await button("Ask me").press("Enter");
    assert.equal(await visible.count(), 1);
    assert.ok(!(await visible.locator(".answer").isVisible()));
    await button("Show the answer").press("Enter");
    assert.ok(await visible.locator(".answer").isVisible());
    await button("I know it").press("Enter");
    assert.match(await said.textContent(), /^Card 2 of 30: 2\./);
    assert.ok(!(await visible.locator(".answer").isVisible()));
    await button("Not yet").press("Enter");
    assert.match(await said.textContent(), /^Card 3 of 30/);

    await page.reload();
    assert.equal(await visible.count(), 30);
    assert.match(await cards.locator(".count").textContent(), /^1 of 30/);
    await button("Ask me").click();
    await cards.getByLabel("Only those not known yet").check();
    assert.match(await said.textContent(), /^Card 1 of 29: 2\./);
    await button("Shuffle").click();
    const asked = new Set();
    for (let card = 0; card < 29; card++) {
      asked.add(await visible.locator("h3").textContent());
      await button("I know it").click();
    }
    assert.equal(asked.size, 29, "each card is asked once");
    assert.equal(await said.textContent(), "You know them all.");

    await button("Forget my marks").click();
    assert.match(await said.textContent(), /^Card 1 of 30: 1\./);
    await button("Show the list").click();
    assert.equal(await visible.count(), 30);
    assert.match(await cards.locator(".count").textContent(), /^0 of 30/);
  }));

test("nothing moves when the scripts arrive", async () => {
  for (const name of ["races.html", "copy-on-write.html", "definition.html", "interview.html"]) {
    const height = async (haveRun) => {
      const { page, close } = await open(browser, "about:blank");
      if (!haveRun) {
        // As before the scripts: scripting is on, and none of ours has run.
        await page.route("**/theme/js/**", (route) => route.abort());
      }
      await page.goto(site.url + name);
      assert.equal(await page.evaluate(() => "shared" in window), haveRun);
      const place = await page.evaluate(
        () => document.querySelector(`#quiz, [id^="30-"]`).offsetTop,
      );
      await close();
      return place;
    };
    assert.equal(await height(true), await height(false), name);
  }
});

test("axe finds nothing in them, used or not", async () => {
  const within = ".question, .score, .hint, .widget, .cards-bar";
  for (const name of ["races.html", "copy-on-write.html", "definition.html", "interview.html"]) {
    await on(name, async (page) => {
      assert.deepEqual(await axe(page, { within }), [], name);
      for (const radio of await page.locator("fieldset.question label:first-of-type").all()) {
        await radio.click();
      }
      await page.evaluate((all) => {
        for (const button of document.querySelectorAll(all)) {
          button.click();
        }
      }, ".play button, .play input, .cards-bar button");
      assert.deepEqual(await axe(page, { within }), [], `${name}, used`);
    });
  }
});
