// Runs listings in the machine of a page: for each name on standard input it prints, in a line of
// JSON, what came out.

import { createInterface } from "node:readline";
import { BOOK, launch, open, serve } from "./lib.mjs";

const [browser, site] = await Promise.all([launch(), serve(BOOK)]);
const { page } = await open(browser, `${site.url}creation.html`);
for await (const name of createInterface({ input: process.stdin })) {
  const told = await page.evaluate(run, name).catch(failed);
  console.log(JSON.stringify(told));
}
await browser.close();
site.close();

function failed(error) {
  return { stdout: "", stderr: "", how: `can't be run: ${error.message}`, ok: false };
}

async function run(name) {
  const { fetchAll, start } = await import(new URL("machine/machine.mjs", document.baseURI));
  await fetchAll({});
  const machine = await start({});
  const told = { stdout: "", stderr: "" };
  for await (const { kind, text, ...event } of machine.run([`/listings/${name}`])) {
    if (kind in told) {
      told[kind] += text;
    } else if (kind === "ended") {
      Object.assign(told, event);
    }
  }
  machine.end();
  return told;
}
