// The machine's shell in the page: what readers do with it, and what the chapter says of it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { axe, BOOK, choose, chromiumOnly, contrasts, open, THEMES, WIDTHS } from "./lib.mjs";
import { browser, site } from "./setting.mjs";

const PAGE = "look-around.html";
const skip =
  !existsSync(path.join(BOOK, "machine/machine.json")) &&
  // CI makes all that is needed.
  !process.env.CI &&
  "this book has no machine: run `cargo run -- vm`, and build it anew";
// The prompt, with nothing behind it, as the last line.
const ASKS = "\\S+ #$";

// What a reader sees and presses.
async function visit(options) {
  const { page, errors, close } = await open(browser, site.url + PAGE, options);
  const place = page.locator(".shell");
  const button = (name) => place.getByRole("button", { name, exact: true });
  // The terminal's lines, as a screen reader has them.
  const screen = () =>
    page.locator(".xterm-accessibility-tree > *").evaluateAll((rows) =>
      rows
        .map((row) => row.textContent.trimEnd())
        .join("\n")
        .trim(),
    );
  return {
    page,
    errors,
    close,
    start: button("Start the machine"),
    restart: button("Restart"),
    stop: button("Stop"),
    status: place.getByRole("status"),
    screen,
    // Waits until the terminal shows what matches, and gives all that it shows then.
    async shows(pattern) {
      const deadline = performance.now() + 60_000;
      for (;;) {
        const shown = await screen();
        if (pattern.test(shown)) {
          return shown;
        }
        if (performance.now() > deadline) {
          assert.match(shown, pattern);
        }
        await page.waitForTimeout(50);
      }
    },
    async type(command) {
      await page.locator(".shell-terminal textarea").focus();
      await page.keyboard.type(`${command}\n`);
    },
    isFocused: () =>
      page.evaluate(() => Boolean(document.activeElement.closest(".shell-terminal"))),
  };
}

async function start(options) {
  const its = await visit(options);
  await its.start.click();
  await its.shows(new RegExp(`^${ASKS}`));
  return its;
}

test("a book without a machine says how to make one, and has nothing to press", async () => {
  const { page, errors, close } = await open(browser, "about:blank");
  await page.route(`**/${PAGE}`, async (route) => {
    const response = await route.fetch();
    const html = (await response.text()).replace(/ data-bytes="\d+"/, "");
    await route.fulfill({ response, body: html });
  });
  await page.goto(site.url + PAGE, { waitUntil: "load" });
  assert.ok(await page.getByText("cargo run -- vm").isVisible());
  assert.equal(
    await page
      .locator("main")
      .getByRole("button", { name: /Start|Stop|Type/ })
      .count(),
    0,
  );
  assert.deepEqual(errors, []);
  await close();
});

describe("the machine's shell", { skip }, () => {
  test("is fetched by the click, which says before how much that is", async () => {
    const its = await visit();
    const asked = [];
    its.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await its.page.reload({ waitUntil: "networkidle" });
    const ofMachine = () => asked.filter((name) => name.startsWith("/machine/"));
    assert.match(await its.status.textContent(), /\b\d+ MB\b/);
    assert.deepEqual(ofMachine(), []);
    await its.start.click();
    await its.shows(new RegExp(`^${ASKS}`));
    assert.ok(ofMachine().includes("/machine/state.bin.zst"));
    await its.close();
  });

  test("does what is typed, and knows the listings", async () => {
    const its = await start();
    assert.ok(await its.isFocused());
    await its.type("echo $((6 * 7)); fork-vs-spawn");
    await its.shows(/^42\n[\s\S]*^thread: 300 g/m);
    await its.close();
  });

  test("can be left by keyboard, both ways, and Tab completes", async () => {
    const its = await start();
    const { keyboard } = its.page;
    await keyboard.type("echo /listi");
    await keyboard.press("Tab");
    await its.shows(/echo \/listings\//);
    assert.ok(await its.isFocused());
    await keyboard.press("Escape");
    await keyboard.press("Shift+Tab");
    assert.equal(await its.isFocused(), false);
    await keyboard.press("Tab");
    assert.ok(await its.isFocused());
    await keyboard.press("Escape");
    await keyboard.press("Tab");
    assert.equal(await its.isFocused(), false);

    const input = its.page.locator(".shell-terminal textarea");
    const description = its.page.locator(`#${await input.getAttribute("aria-describedby")}`);
    assert.ok(await description.isVisible());
    assert.match(await description.textContent(), /Escape, then Tab/);
    await its.close();
  });

  test(
    "copies what is selected, pastes, and otherwise interrupts",
    chromiumOnly("let a page read what is copied"),
    async () => {
      const its = await start({ permissions: ["clipboard-read", "clipboard-write"] });
      const { keyboard, mouse } = its.page;
      await its.type("clear; echo kitchen");
      await its.shows(/^kitchen$/m);
      const row = await its.page.locator(".xterm-rows > div").first().boundingBox();
      await mouse.dblclick(row.x + 20, row.y + row.height / 2);
      await keyboard.press("Control+c");
      assert.equal(await its.page.evaluate(() => navigator.clipboard.readText()), "kitchen");
      await keyboard.type("echo a ");
      await keyboard.press("Control+v");
      await keyboard.press("Enter");
      await its.shows(/^a kitchen$/m);
      await its.type("sleep 1000");
      await its.shows(/# sleep 1000$/);
      await keyboard.press("Control+c");
      await its.type("echo and on");
      await its.shows(/^and on$/m);
      await its.close();
    },
  );

  test("takes the page's colours, also when they change", async () => {
    const its = await start();
    for (const theme of ["navy", "light"]) {
      await choose(its.page, theme);
      await its.page.waitForFunction(() => {
        const style = (selector) => getComputedStyle(document.querySelector(selector));
        const place = style(".shell-terminal");
        return (
          style(".xterm-rows").color === place.color &&
          style(".xterm-scrollable-element").backgroundColor === place.backgroundColor
        );
      });
    }
    await its.close();
  });

  test("tells the machine how large the terminal is, also when that changes", async () => {
    const its = await start();
    const wide = await columns("wide");
    await its.page.setViewportSize({ width: 375, height: 800 });
    await its.page.waitForFunction(() => document.querySelector(".xterm-screen").clientWidth < 375);
    assert.ok((await columns("narrow")) < wide / 2);
    await its.close();

    async function columns(when) {
      await its.type(`echo ${when}: $(stty size)`);
      const told = new RegExp(`^${when}: \\d+ (\\d+)$`, "m");
      return Number((await its.shows(told)).match(told)[1]);
    }
  });

  test("ends by Stop, and is new after Restart", async () => {
    const its = await start();
    await its.type("touch flour; ls; yes");
    await its.shows(/^(y\n)+y$/);
    await its.restart.click();
    await its.shows(new RegExp(`^${ASKS}`));
    await its.type("ls; echo done");
    await its.shows(new RegExp(`^.*# ls; echo done\ndone\n${ASKS}`));
    await its.stop.click();
    assert.equal(await its.status.textContent(), "Stopped.");
    assert.ok(await its.page.locator(".shell-type button").first().isDisabled());
    await its.start.click();
    await its.shows(new RegExp(`^${ASKS}`));
    assert.deepEqual(its.errors, []);
    await its.close();
  });

  test("can be stopped while it is fetched", async () => {
    const its = await visit();
    // The request is never answered.
    await its.page.route("**/machine/state.bin.zst", () => {});
    await its.start.click();
    await its.status.filter({ hasText: "Fetching" }).waitFor();
    await its.stop.click();
    await its.start.waitFor();
    assert.equal(await its.status.textContent(), "Stopped.");
    assert.deepEqual(its.errors, []);
    await its.close();
  });

  for (const width of WIDTHS) {
    test(`has no fault that axe finds, and breaks no policy, ${width} pixels wide`, async () => {
      const its = await start({ width });
      assert.deepEqual(await axe(its.page), []);
      assert.deepEqual(its.errors, []);
      await its.close();
    });
  }

  test("has enough contrast for each colour that a program can ask for by number", async () => {
    const its = await start();
    await its.type(
      'clear; for i in $(seq 30 37) $(seq 90 97); do printf "\\033["$i"m$i\\033[m\\n"; done',
    );
    await its.shows(new RegExp(`^97\n${ASKS}`, "m"));
    // What is seen is hidden from screen readers and below what they read, so axe wouldn't look.
    await its.page.evaluate(() => {
      document.querySelector(".xterm-rows").ariaHidden = null;
      document.querySelector(".xterm-accessibility").remove();
    });
    for (const theme of THEMES) {
      await choose(its.page, theme);
      assert.deepEqual(await contrasts(its.page), [], theme);
    }
    await its.close();
  });

  test("says so where WebAssembly is not to be had", async () => {
    const its = await visit();
    await its.page.addInitScript(() => {
      delete window.WebAssembly;
    });
    await its.page.reload();
    await its.start.click();
    await its.status.filter({ hasText: "WebAssembly" }).waitFor();
    assert.deepEqual(its.errors, []);
    await its.close();
  });
});

describe("what the chapter says of its commands is what they show", { skip }, () => {
  // By the section's id.
  const sections = {
    "a-zombie-while-it-exists"(shown) {
      const [, parent, zombie] = shown.match(
        /^ *(\d+) +\d+ S +sleep 100\n *(\d+) +\1 Z +\[sleep\]$/m,
      );
      const status = (pid, field) => new RegExp(`^/proc/${pid}/status:${field}`, "m");
      assert.match(shown, status(parent, "VmSize:"));
      assert.match(shown, status(zombie, "State:\\s+Z"));
      assert.doesNotMatch(shown, status(zombie, "VmSize:"));
      assert.match(shown, /# ls \/proc\/\$child\/fd\n.*# kill/);
      assert.match(shown, new RegExp(`^ls: /proc/${zombie}: No such file`, "m"));
    },
    "the-two-sides-of-a-fork"(shown) {
      assert.match(shown, /^equal$/m);
      for (const moved of [/\[heap\]$/gm, /\[stack\]$/gm]) {
        const lines = shown.split("\n").filter((line) => line.match(moved));
        assert.deepEqual(
          lines.slice(-2).map((line) => line[0]),
          ["-", "+"],
        );
      }
      assert.doesNotMatch(shown, /^[-+][0-9a-f]{8}-.*\/bin\/sh$/m);
    },
    "the-tasks-of-a-process"(shown) {
      const [, process, sister] = shown.match(/^(\d+) +(\d+)$/m);
      const status = (task) => `State: T (stopped) Tgid: ${process} Pid: ${task}`;
      const both = `${status(process)} ${status(sister)}`;
      assert.ok(shown.replace(/\s+/g, " ").includes(both), shown);
      assert.ok(shown.includes(`process ${process}/task/${sister}, cookies thrown away`), shown);
    },
    "an-orphans-new-parent"(shown) {
      const [, parent, orphan] = shown.match(/^ *(\d+) +\d+ sleep 3\n *(\d+) +\1 sleep 100$/m);
      assert.notEqual(parent, "1");
      assert.match(shown, new RegExp(`^ *${orphan} +1 sleep 100$`, "m"));
    },
    "a-pipe-from-both-ends"(shown) {
      const [, number] = shown.match(/ 0 -> pipe:\[(\d+)\]$/m);
      assert.match(shown, new RegExp(` 1 -> pipe:\\[${number}\\]$`, "m"));
    },
    "a-knock-at-the-door"(shown) {
      assert.match(shown, /^143$[\s\S]*^State:\s+T [\s\S]*^State:\s+S [\s\S]*^Who is there\?$/m);
    },
    "forking-without-end"(shown) {
      assert.match(shown, /^\d{3}$[\s\S]*can't fork[\s\S]*# ls\n.*can't fork/m);
    },
  };

  for (const [id, check] of Object.entries(sections)) {
    test(id, async () => {
      const its = await start();
      // With room for all that is printed.
      await its.page.evaluate(() => {
        document.querySelector(".shell-terminal").style.blockSize = "1200px";
      });
      const block = its.page.locator(`#${id} ~ pre`).first();
      const last = (await block.textContent()).trimEnd().split("\n$ ").at(-1);
      // By keyboard: what is as high as this covers the button.
      await its.page.locator(`#${id} ~ .shell-type button`).first().press("Enter");
      const lastTyped = last.replace(/[^\w ]/g, "\\$&");
      check(await its.shows(new RegExp(`# ${lastTyped}\n[\\s\\S]*^${ASKS}`, "m")));

      await its.restart.click();
      await its.shows(new RegExp(`^${ASKS}`));
      await its.type("ls -d /proc/1");
      await its.shows(/^\/proc\/1$/m);
      assert.deepEqual(its.errors, []);
      await its.close();
    });
  }

  test("and none is left out", async () => {
    const { page, close } = await visit();
    const ids = await page
      .locator("main h2")
      .evaluateAll((headings) => headings.map(({ id }) => id));
    assert.deepEqual(ids, Object.keys(sections));
    await close();
  });
});
