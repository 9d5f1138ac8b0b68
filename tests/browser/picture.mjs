// Draws theme/social.png, the picture for those who link to the book: `npm run picture`.

import path from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "./lib.mjs";

const theme = path.resolve(import.meta.dirname, "../../theme");
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1200, height: 630 } });
await page.goto(pathToFileURL(path.join(theme, "social.svg")).href);
await page.screenshot({ path: path.join(theme, "social.png") });
await browser.close();
