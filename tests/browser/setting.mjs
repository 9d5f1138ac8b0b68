// What most files of tests begin with: a browser, and the book as a host of static pages serves it.

import { after, before } from "node:test";
import { BOOK, launch, serve } from "./lib.mjs";

export let browser;
export let site;

before(async () => {
  [browser, site] = await Promise.all([launch(), serve(BOOK)]);
});
after(async () => {
  await browser.close();
  site.close();
});
