// Takes over the place for the machine's shell, where the book has a machine: Start, Stop, and a
// button that types the commands of each block.

const place = document.querySelector(".shell");
const bytes = Number(place?.dataset.bytes);

if (bytes > 0) {
  takeOver(place);
}

function takeOver(place) {
  const at = (name) => place.querySelector(`.shell-${name}`);
  const [start, stop, status, terminal] = ["start", "stop", "status", "terminal"].map(at);
  const progress = document.createElement("progress");
  progress.ariaLabel = "Fetched so far";
  const blocks = blocksOfCommands();
  let opening;
  let controller;

  function show(state, text) {
    place.dataset.state = state;
    status.textContent = text;
    start.textContent = state === "running" ? "Restart" : "Start the machine";
    // Unlike disabled buttons, these keep the focus.
    start.ariaDisabled = String(state === "starting");
    stop.ariaDisabled = String(state === "off");
    for (const { button } of blocks) {
      button.disabled = state !== "running";
    }
  }

  async function open() {
    terminal.hidden = at("keys").hidden = false;
    try {
      const { open } = await import("../../machine/shell.mjs");
      return await open(terminal, "shell-keys");
    } catch {
      // Not each browser tries again to fetch a module that it couldn't.
      throw new Error(
        "The terminal can’t be fetched: you may be offline. Then load this page anew when you aren’t.",
      );
    }
  }

  function onProgress(soFar, all) {
    Object.assign(progress, { max: all, value: soFar });
    if (!progress.isConnected) {
      status.textContent = "Fetching…";
      status.after(progress);
    }
  }

  start.addEventListener("click", async () => {
    if (place.dataset.state === "starting") {
      return;
    }
    controller?.abort();
    controller = new AbortController();
    const { signal } = controller;
    show("starting", "Starting…");
    try {
      opening ??= open();
      const shell = await opening;
      await shell.start({ signal, onProgress, onEnd: ({ message }) => show("off", message) });
      show("running", "Running.");
    } catch (error) {
      if (!signal.aborted) {
        show("off", error.message);
      }
    }
    progress.remove();
  });
  stop.addEventListener("click", () => {
    if (place.dataset.state !== "off") {
      controller.abort();
      show("off", "Stopped.");
    }
  });
  for (const { button, commands } of blocks) {
    button.addEventListener("click", async () => (await opening).type(commands));
  }

  const megabytes = (bytes / 1e6).toFixed(1);
  show("off", `${megabytes} MB are fetched on the first start, and nothing before.`);
  at("bar").hidden = false;
}

/** What each block of commands has a button for, which now stands under it. */
function blocksOfCommands() {
  return [...document.querySelectorAll("main pre > code.language-console")].map((code) => {
    const lines = code.textContent.split("\n").filter((line) => line.startsWith("$ "));
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Type it";
    const bar = document.createElement("div");
    bar.className = "shell-type";
    bar.append(button);
    code.parentElement.after(bar);
    return { button, commands: lines.map((line) => line.slice("$ ".length)) };
  });
}
