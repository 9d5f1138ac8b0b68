// Starts the machine and saves its state when it is ready: node snapshot.mjs PACKAGES INITRAMFS STATE
//
// PACKAGES is the folder with what Debian's packages hold. The time and the interrupts are real, so
// no two snapshots are the same.

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { V86 } from "v86";
import { hardware } from "./web/hardware.mjs";

const LIMIT_SECONDS = 180;
const KERNEL = [
  "console=ttyS0",
  "quiet",
  "loglevel=0",
  // The emulator's clock is steady, and it has no such faults as these wait for or guard against.
  "tsc=reliable",
  "no_timer_check",
  "mitigations=off",
  "random.trust_cpu=on",
  "nokaslr",
  // Pages that nobody uses are zeros, and those take no room in the snapshot.
  "init_on_free=1",
].join(" ");

const [packages, initramfs, state] = process.argv.slice(2);
const boot = join(packages, "boot");
const kernel = readdirSync(boot).find((name) => name.startsWith("vmlinuz-"));
const bios = join(packages, "usr/share/seabios");
const start = performance.now();
const emulator = new V86({
  ...hardware,
  wasm_path: new URL(import.meta.resolve("v86/build/v86.wasm")).pathname,
  bios: { url: join(bios, "bios.bin") },
  vga_bios: { url: join(bios, "vgabios-stdvga.bin") },
  bzimage: { url: join(boot, kernel) },
  initrd: { url: initramfs },
  cmdline: KERNEL,
  autostart: true,
});

let printed = "";
emulator.add_listener("serial0-output-byte", (byte) => {
  printed += String.fromCharCode(byte);
});
const timer = setTimeout(() => {
  console.error(`The machine isn't ready after ${LIMIT_SECONDS} s. It printed:\n${printed}`);
  process.exit(1);
}, LIMIT_SECONDS * 1000);

const lines = linesOf(emulator);
await expect("ready");
// What the kernel has read of files may be read again.
await ask("/bin/sysctl -w vm.drop_caches=3");
// The agent has gone back to waiting, and the kernel has done what it put off.
await ask("/bin/true");
const bytes = new Uint8Array(await emulator.save_state());
writeFileSync(state, bytes);
clearTimeout(timer);
const seconds = ((performance.now() - start) / 1000).toFixed(0);
console.log(`Ready after ${seconds} s; its state has ${bytes.length} bytes.`);
process.exit(0);

async function ask(program) {
  const request = `${Math.floor(Date.now() / 1000)} ${program}\n`;
  emulator.serial_send_bytes(1, new TextEncoder().encode(request));
  await expect("exited 0");
}

async function expect(wanted) {
  for (;;) {
    const { value } = await lines.next();
    if (value === wanted) {
      return;
    }
    if (/^(refused|killed|exited) /.test(value)) {
      console.error(`Expected of the agent: ${wanted}. It says: ${value}`);
      process.exit(1);
    }
  }
}

/** What comes over the agent's line. */
async function* linesOf(emulator) {
  const bytes = [];
  let wake = () => {};
  emulator.add_listener("serial1-output-byte", (byte) => {
    bytes.push(byte);
    wake();
  });
  for (;;) {
    const end = bytes.indexOf(10);
    if (end >= 0) {
      yield String.fromCharCode(...bytes.splice(0, end + 1).slice(0, -1));
    } else {
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  }
}
