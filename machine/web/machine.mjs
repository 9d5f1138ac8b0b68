// The Linux in the page: fetched once, kept by the browser, and restored anew for each run.
//
// `machine.json` has the size and the SHA-256 of each part that a run needs besides this file. What
// is fetched is checked against it, and so is what was kept.

const HERE = new URL(".", import.meta.url);
const MANIFEST = "machine.json";
// All that is published on one host has its caches in common.
const CACHE = `machine of ${HERE.pathname}`;
// The machine's serial lines.
const TERMINAL = 0;
const AGENT = 1;
// How long a program may run.
const SECONDS = 60;

/** Why there is no machine, or none any more, in words for the reader. */
class Refusal extends Error {
  name = "Refusal";
}

/** How many bytes must still be fetched: 0 when all is in the reader's cache. */
export async function missing({ signal } = {}) {
  return bytesOf(await lacking(signal));
}

/** Fetches what is missing into the cache. onProgress(bytesSoFar, bytesInAll). */
export async function fetchAll({ signal, onProgress } = {}) {
  const parts = await lacking(signal);
  const all = bytesOf(parts);
  let done = 0;
  for (const part of parts) {
    const bytes = await fetched(part.name, signal, (count) => onProgress?.(done + count, all));
    if (!(await isRight(bytes, part))) {
      throw new Refusal("What the server sends isn’t what belongs to this page: load it anew");
    }
    await keep(part.name, bytes);
    done += part.bytes;
  }
  // Last, so that what is kept is a whole machine.
  await keep(MANIFEST, known.bytes);
}

/** A machine, restored from the snapshot; resolves when it is ready. */
export async function start({ signal } = {}) {
  const parts = await manifest(signal);
  const [wasm, state] = await Promise.all([
    kept(parts.get("v86.wasm.gz")),
    kept(parts.get("state.bin.zst")),
  ]);
  if (!wasm || !state) {
    throw new Refusal("The browser has not kept the Linux: run it again to fetch it");
  }
  await unlessAborted(useKeeper(parts.get("keeper.js")), signal);
  const machine = new Machine();
  signal?.addEventListener("abort", () => machine.end(signal.reason), { once: true });
  await machine.restore(wasm, state);
  return machine;
}

/** What `promise` gives, or the reason of an abort as soon as there is one. */
function unlessAborted(promise, signal) {
  if (!signal) {
    return promise;
  }
  signal.throwIfAborted();
  const aborted = new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return Promise.race([promise, aborted]);
}

class Machine {
  // The emulator gives way to the page in another manner if the address asks for it: see worker.mjs.
  #worker = new Worker(new URL("worker.mjs?use-scheduling-api", HERE), { type: "module" });
  #agent = new Input();
  #onTerminal = () => {};
  #tellEnd;
  /** Resolves with the reason when it has ended. */
  ended = new Promise((resolve) => {
    this.#tellEnd = resolve;
  });

  /** Resolves when the machine is ready. */
  restore(wasm, state) {
    return new Promise((resolve, reject) => {
      this.ended.then(reject);
      this.#worker.onerror = ({ message }) => {
        this.end(new Refusal(`The emulator can’t be started: ${message ?? "it can’t be loaded"}`));
      };
      this.#worker.onmessage = ({ data: { ready, failed, line, bytes } }) => {
        if (ready) {
          resolve();
        } else if (failed) {
          this.end(new Refusal(`The emulator broke: ${failed}`));
        } else if (line === AGENT) {
          this.#agent.add(bytes);
        } else {
          this.#onTerminal(bytes);
        }
      };
      this.#worker.postMessage({ wasm, state }, [wasm, state]);
    });
  }

  /**
   * Runs a program, and yields what happens in the terms of the book's Run: `started`, `stdout`,
   * `stderr`, `truncated`, `ended`. No word of `argv` has a blank in it. A program that runs longer
   * than `seconds` (Infinity is no limit) ends with its machine.
   */
  async *run(argv, seconds = SECONDS) {
    const late = new Refusal(`stopped after ${seconds} s`);
    const timer = Number.isFinite(seconds)
      ? setTimeout(() => this.end(late), seconds * 1000)
      : undefined;
    const begun = performance.now();
    const ended = (how, ok) => {
      return { kind: "ended", how, ok, seconds: (performance.now() - begun) / 1000 };
    };
    const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
    try {
      const now = Math.floor(Date.now() / 1000);
      this.#send(AGENT, new TextEncoder().encode(`${now} ${argv.join(" ")}\n`));
      yield { kind: "started" };
      for (;;) {
        const line = await this.#agent.line();
        const [word, first] = line.split(" ", 2);
        const rest = line.slice(word.length + 1);
        switch (word) {
          case "stdout":
          case "stderr": {
            const bytes = await this.#agent.bytes(Number(first));
            yield { kind: word, text: decoders[word].decode(bytes, { stream: true }) };
            break;
          }
          case "cut":
            yield { kind: "truncated", limit: Number(first) };
            break;
          case "exited":
            yield ended(`exited with ${first}`, first === "0");
            return;
          case "killed":
            yield ended(`killed by ${rest.slice(first.length + 1)} (${first})`, false);
            return;
          case "refused":
            yield ended(`not started: ${rest}`, false);
            return;
          default:
            throw new Refusal(`The Linux in the page says what makes no sense: ${line}`);
        }
      }
    } catch (error) {
      if (error !== late) {
        throw error;
      }
      yield ended(late.message, false);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Calls back with what the terminal prints. */
  onTerminal(callback) {
    this.#onTerminal = callback;
  }

  /** Types into the terminal. */
  toTerminal(bytes) {
    this.#send(TERMINAL, bytes);
  }

  /** Ends it, whatever it does. */
  end(reason = new Refusal("The Linux in the page was ended")) {
    this.#worker.terminate();
    this.#agent.end(reason);
    this.#tellEnd(reason);
  }

  #send(line, bytes) {
    this.#worker.postMessage({ line, bytes });
  }
}

/** What comes over a serial line, by lines and by bytes, until it ends. */
class Input {
  #bytes = new Uint8Array();
  #wake = () => {};
  #reason;

  add(bytes) {
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
    this.#wake();
  }

  end(reason) {
    this.#reason ??= reason;
    this.#wake();
  }

  async line() {
    let end = this.#bytes.indexOf(10);
    while (end < 0) {
      await this.#more();
      end = this.#bytes.indexOf(10);
    }
    return new TextDecoder().decode(await this.bytes(end + 1)).trimEnd();
  }

  async bytes(count) {
    while (this.#bytes.length < count) {
      await this.#more();
    }
    const taken = this.#bytes.slice(0, count);
    this.#bytes = this.#bytes.slice(count);
    return taken;
  }

  async #more() {
    if (!this.#reason) {
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#reason) {
      throw this.#reason;
    }
  }
}

/** The parts that aren't kept, or not as they should be. */
async function lacking(signal) {
  const parts = await manifest(signal);
  const found = [];
  for (const part of parts.values()) {
    if (!(await kept(part))) {
      found.push(part);
    }
  }
  return found;
}

const bytesOf = (parts) => parts.reduce((sum, { bytes }) => sum + bytes, 0);

let known;

/** What is to be fetched, by name; read once. Without a network, what was kept of it. */
async function manifest(signal) {
  checkBrowser();
  if (!known) {
    try {
      known = listed(await fetched(MANIFEST, signal));
    } catch (error) {
      signal?.throwIfAborted();
      const bytes = await keptAsItIs(MANIFEST);
      if (!bytes) {
        throw error;
      }
      known = listed(bytes);
    }
  }
  return known.parts;
}

function listed(bytes) {
  try {
    const { files } = JSON.parse(new TextDecoder().decode(bytes));
    const parts = Object.entries(files).map(([name, part]) => [name, { name, ...part }]);
    return { bytes, parts: new Map(parts) };
  } catch {
    throw new Refusal("What the server sends isn’t what belongs to this page: load it anew");
  }
}

function checkBrowser() {
  const instead = "use a newer browser, or run the listing by its command";
  if (typeof WebAssembly === "undefined") {
    throw new Refusal(`This browser has no WebAssembly, or it is turned off: ${instead}`);
  }
  if (typeof Worker === "undefined") {
    throw new Refusal(`This browser gives a page no threads: ${instead}`);
  }
}

/** What the server has, not what an older book left with the browser. */
async function fetched(name, signal, onBytes) {
  try {
    const response = await fetch(new URL(name, HERE), { signal, cache: "no-cache" });
    if (!response.ok) {
      throw new Refusal(
        `The Linux can’t be fetched: the server answers with status ${response.status}`,
      );
    }
    const reader = response.body.getReader();
    const pieces = [];
    let count = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return await new Blob(pieces).arrayBuffer();
      }
      pieces.push(value);
      count += value.length;
      onBytes?.(count);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof Refusal
      ? error
      : new Refusal("The Linux can’t be fetched: you may be offline");
  }
}

async function isRight(buffer, { bytes, sha256 }) {
  if (buffer.byteLength !== bytes) {
    return false;
  }
  // A browser has it for pages that come over HTTPS or from the reader's own machine.
  if (!crypto.subtle) {
    return true;
  }
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
  return hash.reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "") === sha256;
}

// Where the browser keeps nothing, or has no room, a part is kept as long as the page.
const inPage = new Map();

async function keep(name, bytes) {
  try {
    const type = name.endsWith("js") ? "text/javascript" : "application/octet-stream";
    const response = new Response(bytes, { headers: { "content-type": type } });
    await (await caches.open(CACHE)).put(new URL(name, HERE), response);
  } catch {
    inPage.set(name, bytes);
  }
}

async function kept(part) {
  const bytes = await keptAsItIs(part.name);
  return bytes && (await isRight(bytes, part)) ? bytes : undefined;
}

async function keptAsItIs(name) {
  if (inPage.has(name)) {
    // A copy: a worker takes what it is given.
    return inPage.get(name).slice();
  }
  try {
    const response = await (await caches.open(CACHE)).match(new URL(name, HERE));
    return await response?.arrayBuffer();
  } catch {
    return undefined;
  }
}

/** Lets keeper.js answer for the worker's files. A browser that refuses asks the server for them. */
async function useKeeper({ sha256 }) {
  try {
    // By its hash in the address, another one takes the place of an older book's at once.
    const { active, waiting, installing } = await navigator.serviceWorker.register(
      new URL(`keeper.js?${sha256}`, HERE),
    );
    const keeper = installing ?? waiting ?? active;
    await new Promise((resolve) => {
      const look = () => ["activated", "redundant"].includes(keeper.state) && resolve();
      keeper.addEventListener("statechange", look);
      look();
    });
  } catch {
    // Most often it is a private window. The machine works all the same, with a network.
  }
}
