// Takes over the bar under each listing: Run, Stop, Copy, and the run's output.
//
// A page that `cargo run` serves has a token, or a place for one: there, listings run on the machine
// of whoever started the server, which says why not if it doesn't know the token.
// On any other page, those that need nothing but std go to the Rust playground, on the click and
// not before. Where the book has a machine, a Linux in an emulator, they run in the page as well.

const token = document.querySelector('meta[name="run-token"]')?.content;
const PLAYGROUND = "https://play.rust-lang.org/execute";
// The playground ends a program after some 10 s; before that, it may wait, and it compiles.
const PLAYGROUND_SECONDS = 30;
const LOST = "The connection was lost before the program ended";

/** Why there is no run, or no more of it, in words for the reader. */
class Refusal extends Error {
  name = "Refusal";
}

for (const bar of document.querySelectorAll(".run-bar")) {
  takeOver(bar);
}

function takeOver(bar) {
  const status = bar.querySelector(".run-status");
  const copy = bar.querySelector(".run-copy");
  if (copy) {
    copy.disabled = false;
    copy.addEventListener("click", () => copyCommand(bar.querySelector("kbd"), status));
  }

  const output = outputOf(bar);
  const starts = [
    [bar.querySelector(".run-start"), runnerOf(bar)],
    [bar.querySelector(".run-page"), (controller) => inThePage(bar, controller)],
  ].filter(([button, run]) => button && run);
  if (starts.length === 0 || !output) {
    if ("playground" in bar.dataset) {
      bar.remove();
    }
    return;
  }
  const stop = bar.querySelector(".run-stop");
  let running;

  function enable() {
    // Unlike disabled buttons, these keep the focus.
    for (const [start] of starts) {
      start.disabled = false;
      start.ariaDisabled = String(Boolean(running));
    }
    stop.disabled = false;
    stop.ariaDisabled = String(!running);
  }
  function say(text, state) {
    status.textContent = text;
    bar.dataset.state = state;
  }

  enable();
  for (const [start, run] of starts) {
    start.addEventListener("click", async () => {
      if (running) {
        return;
      }
      running = new AbortController();
      enable();
      const end = await follow(run(running), output, (text) => say(text, "running"));
      output.end(end.text);
      say(end.text, end.ok ? "ok" : "failed");
      running = undefined;
      enable();
    });
  }
  stop.addEventListener("click", () => running?.abort(new Refusal("Stopped by you")));
}

async function copyCommand(command, status) {
  try {
    await navigator.clipboard.writeText(command.textContent);
    status.textContent = "Copied.";
  } catch {
    // The page isn't served over HTTPS, or the reader doesn't allow it.
    getSelection().selectAllChildren(command);
    status.textContent = "Your browser doesn’t let the page copy: the command is selected.";
  }
}

/**
 * What runs the program above a bar elsewhere than in the page, if anything can. Given an
 * AbortController, it tells what happens in the terms of the run server (book/src/serve/runs.rs).
 */
function runnerOf({ dataset, previousElementSibling, nextElementSibling }) {
  // Above the bar, or folded away below it.
  const code = [previousElementSibling, nextElementSibling]
    .map((element) => element?.querySelector("code.language-rust"))
    .find(Boolean);
  const isServed = token !== undefined;
  if (isServed && dataset.listing) {
    return ({ signal }) => onThisMachine(dataset.listing, code.textContent, signal);
  }
  // A page on the reader's machine asks that machine alone.
  if (!isServed && "playground" in dataset) {
    return (controller) => onThePlayground(code.textContent, controller);
  }
  return undefined;
}

/** Runs the listing of this name, if it still is the program that the page shows. */
async function* onThisMachine(name, shown, signal) {
  const server = new URL("../../_book/run/", import.meta.url);
  const asked = fetch(new URL(encodeURIComponent(name), server), {
    method: "POST",
    headers: { "X-Run-Token": token },
    body: shown,
    signal,
  });
  const response = await orRefuse(
    asked,
    signal,
    "The book’s server doesn’t answer: start it by `cargo run`",
  );
  if (!response.ok) {
    const reason = await orRefuse(response.text(), signal, LOST);
    throw new Refusal(reason.trim() || `The book’s server refuses: status ${response.status}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await orRefuse(reader.read(), signal, LOST);
    if (done) {
      return;
    }
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    yield* lines.map((line) => JSON.parse(line));
  }
}

async function* onThePlayground(code, controller) {
  const { signal } = controller;
  const late = new Refusal(`The Rust playground gave no answer in ${PLAYGROUND_SECONDS} s`);
  const timer = setTimeout(() => controller.abort(late), PLAYGROUND_SECONDS * 1000);
  try {
    yield { kind: "sent" };
    const { exitDetail, success, stdout, stderr } = await askPlayground(code, signal);
    // Cargo's lines come before the program's.
    const [cargo] = stderr.match(/^[\s\S]*? Running `[^`\n]*`\n/) ?? [];
    if (cargo === undefined) {
      yield { kind: "refused", text: stderr };
      return;
    }
    yield { kind: "started" };
    yield { kind: "stdout", text: stdout };
    yield { kind: "stderr", text: stderr.slice(cargo.length) };
    const how = exitDetail || (success ? "Exited with status 0" : "Failed");
    yield { kind: "ended", how: `${how}, on the Rust playground`, ok: success };
  } finally {
    clearTimeout(timer);
  }
}

async function askPlayground(code, signal) {
  const asked = fetch(PLAYGROUND, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      channel: "stable",
      mode: "debug",
      edition: "2024",
      crateType: "bin",
      tests: false,
      backtrace: false,
      code,
    }),
    referrerPolicy: "no-referrer",
    signal,
  });
  const response = await orRefuse(
    asked,
    signal,
    "The Rust playground can’t be reached: you may be offline, or it refuses this page",
  );
  if (response.status === 429) {
    throw new Refusal("The Rust playground has too much to do: try again in a minute");
  }
  const nonsense = `The Rust playground’s answer makes no sense: status ${response.status}`;
  const answer = await orRefuse(response.json(), signal, nonsense);
  if (!response.ok) {
    const reason = answer.error ?? "no reason given";
    throw new Refusal(`The Rust playground refuses, status ${response.status}: ${reason}`);
  }
  if (typeof answer.stdout !== "string" || typeof answer.stderr !== "string") {
    throw new Refusal(nonsense);
  }
  return answer;
}

// The page has one machine at a time.
let inUse;

async function* inThePage(bar, controller) {
  inUse?.abort(new Refusal("Stopped: another program was run in the page"));
  inUse = controller;
  const { signal } = controller;
  const { fetchAll, missing, start } = await orRefuse(
    import("../../machine/machine.mjs"),
    signal,
    // Not each browser tries again to fetch a module that it couldn't.
    "The Linux can’t be fetched: you may be offline. Then load this page anew when you aren’t",
  );
  const bytes = await missing({ signal });
  if (bytes > 0) {
    yield { kind: "fetching", bytes };
    const progress = document.createElement("progress");
    progress.ariaLabel = "Fetched so far";
    progress.max = bytes;
    progress.value = 0;
    bar.append(progress);
    const onProgress = (soFar) => {
      progress.value = soFar;
    };
    await fetchAll({ signal, onProgress }).finally(() => progress.remove());
  }
  yield { kind: "starting" };
  const machine = await start({ signal });
  try {
    for await (const event of machine.run([`/listings/${bar.dataset.listing}`])) {
      yield event.kind === "ended" ? { ...event, how: `${event.how}, in the page` } : event;
    }
  } finally {
    machine.end();
  }
}

/** What `promise` gives; if it fails, the reason of an abort, or else a message for the reader. */
async function orRefuse(promise, signal, message) {
  const aborted = new Promise((_, reject) => {
    signal.addEventListener("abort", reject, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } catch {
    throw signal.aborted ? signal.reason : new Refusal(message);
  }
}

/** Shows what happens, and returns how it ended. */
async function follow(events, output, say) {
  let cut = "";
  say("Asked for…");
  output.begin();
  try {
    for await (const { kind, text, ...event } of events) {
      switch (kind) {
        case "sent":
          say(`Sent to the Rust playground, which has ${PLAYGROUND_SECONDS} s to answer…`);
          break;
        case "fetching":
          say(`Fetching a Linux of ${(event.bytes / 1e6).toFixed(1)} MB, once…`);
          break;
        case "starting":
          say("Starting a Linux…");
          break;
        case "waiting":
          say(`Waiting for ${event.ahead === 1 ? "another run" : `${event.ahead} other runs`}…`);
          break;
        case "building":
          say("Building…");
          output.write("cargo", `${text.trimEnd()}\n`);
          break;
        case "started":
          say("Running…");
          output.begin();
          break;
        case "stdout":
        case "stderr":
          output.write(kind, text);
          break;
        case "truncated":
          cut = `, the output cut off after ${event.limit / 1024} KiB`;
          break;
        case "refused":
          output.write("cargo", text);
          return { text: "Not run: it doesn’t compile", ok: false };
        case "ended": {
          const how = event.how[0].toUpperCase() + event.how.slice(1);
          const seconds = event.seconds === undefined ? "" : `, ${event.seconds.toFixed(2)} s`;
          return { text: how + seconds + cut, ok: event.ok };
        }
      }
    }
    throw new Refusal(LOST);
  } catch (error) {
    if (error.name !== "Refusal") {
      console.error(error);
    }
    return { text: error.message, ok: false };
  }
}

/** The place for a run's output: beside the recorded one, or under the bar where none is. */
function outputOf(bar) {
  const command = bar.querySelector("kbd")?.textContent;
  const beside =
    command &&
    [...document.querySelectorAll(".run-output")].find(
      ({ dataset }) => dataset.command === command,
    );
  const live = beside?.closest(".run-live") ?? bar.nextElementSibling?.querySelector(".run-live");
  if (!live) {
    return undefined;
  }
  const fold = live.closest("details.predict");
  const ending = live.querySelector(".run-end");
  const pane = live.querySelector(".run-output");

  return {
    /** Shows the place, empty. */
    begin() {
      ending.textContent = "";
      pane.replaceChildren();
      if (fold && !fold.open) {
        // As a reader does it, so that it is remembered.
        fold.querySelector("summary").click();
      }
      if (live.hidden) {
        live.hidden = false;
        live.scrollIntoView({ block: "nearest" });
      }
    },
    /** Adds what came from `stdout`, `stderr` or `cargo`. */
    write(source, text) {
      if (!text) {
        return;
      }
      const atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 8;
      let piece = pane.lastElementChild;
      if (piece?.dataset.source !== source) {
        piece = document.createElement("span");
        piece.dataset.source = source;
        pane.append(piece);
      }
      piece.append(text);
      if (atEnd) {
        pane.scrollTop = pane.scrollHeight;
      }
    },
    end(text) {
      ending.textContent = text;
    },
  };
}
