// WebKit as a distribution has it, by WebDriver: Playwright drives a WebKit of its own alone.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Builder, Capabilities } from "selenium-webdriver";
import { findFreePort } from "selenium-webdriver/net/portprober.js";
import { DriverService } from "selenium-webdriver/remote/index.js";

export const DRIVER = "/usr/bin/WebKitWebDriver";
const BROWSER = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

// A window on a screen that nobody sees, and what ends both. A window that a driver opens keeps
// nothing on the disk, as a private one does.
export async function openWebkit() {
  const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x900x24"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  await once(screen, "spawn");
  const [display] = await once(createInterface({ input: screen.stdio[3] }), "line");
  const port = await findFreePort();
  const service = new DriverService(DRIVER, {
    loopback: true,
    port,
    args: [`--port=${port}`],
    env: { ...process.env, DISPLAY: `:${display}`, GDK_BACKEND: "x11" },
  });
  const driver = await new Builder()
    .usingServer(await service.start())
    .withCapabilities(
      new Capabilities({
        browserName: "MiniBrowser",
        "webkitgtk:browserOptions": { binary: BROWSER, args: ["--automation"] },
      }),
    )
    .build();
  await driver.manage().setTimeouts({ script: 120_000 });
  return {
    driver,
    async close() {
      await driver.quit();
      await service.kill();
      screen.kill();
    },
  };
}
