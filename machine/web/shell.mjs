// The machine's shell, in a terminal.

import { FitAddon } from "./addon-fit.mjs";
import { fetchAll, start } from "./machine.mjs";
import { Terminal } from "./xterm.mjs";

// What the keys Ctrl+L and Ctrl+U send.
const CLEAR = "\x0c";
const ERASE_LINE = "\x15";

/** Opens a terminal in `place`, which is described by the element with the id `description`. */
export async function open(place, description) {
  const response = await fetch(new URL("xterm.css", import.meta.url));
  newSheet().replaceSync(await response.text());
  return new Shell(place, description);
}

class Shell {
  #terminal;
  #machine;
  #isTellingSize = false;
  /** Commands to type, each when the one before it has ended. */
  #commands = [];

  constructor(place, description) {
    const { fontFamily, fontSize } = getComputedStyle(place);
    const terminal = new Terminal({
      fontFamily,
      fontSize: Number.parseFloat(fontSize),
      screenReaderMode: true,
      scrollback: 5000,
      theme: coloursOfThePage(),
    });
    this.#terminal = terminal;
    withSheetsForStyles(() => terminal.open(place));
    terminal.textarea.setAttribute("aria-label", "The machine’s shell");
    terminal.textarea.setAttribute("aria-describedby", description);

    terminal.attachCustomKeyEventHandler(isForTheShell(terminal));
    terminal.element.addEventListener("copy", () => terminal.clearSelection());
    terminal.onData((data) => this.#send(data));

    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.onResize(() => this.#tellSize());
    new ResizeObserver(() => fit.fit()).observe(place);
    new MutationObserver(() => {
      terminal.options.theme = coloursOfThePage();
    }).observe(document.documentElement, { attributeFilter: ["class"] });
  }

  /** Starts a machine, which ends when `signal` says so. Tells `onEnd` why it ended otherwise. */
  async start({ signal, onProgress, onEnd }) {
    this.#commands = [];
    this.#isTellingSize = false;
    await fetchAll({ signal, onProgress });
    this.#machine = await start({ signal });
    // The last machine's output is still on its way.
    await new Promise((done) => this.#terminal.write("", done));
    this.#terminal.reset();
    this.#machine.onTerminal((bytes) => this.#terminal.write(bytes));
    await this.#tellSize();
    signal.throwIfAborted();
    this.#machine.ended.then((reason) => signal.aborted || onEnd(reason));
    // The prompt was written before the snapshot.
    this.#send(CLEAR);
    this.#terminal.focus();
  }

  type(commands) {
    const isTyping = this.#commands.length > 0;
    this.#commands.push(...commands);
    if (!isTyping) {
      this.#typeNext();
    }
  }

  #typeNext() {
    if (this.#commands.length > 0) {
      this.#send(`${ERASE_LINE}${this.#commands.shift()}\r`);
    }
  }

  #send(data) {
    this.#machine?.toTerminal(new TextEncoder().encode(data));
    // Before it reads a line, the shell asks where the cursor is. This is the terminal's answer.
    if (data.startsWith("\x1b[") && data.endsWith("R")) {
      this.#typeNext();
    }
  }

  async #tellSize() {
    const machine = this.#machine;
    if (!machine || this.#isTellingSize) {
      return;
    }
    this.#isTellingSize = true;
    const size = () => `cols ${this.#terminal.cols} rows ${this.#terminal.rows}`;
    // The size may change while the machine is told.
    for (let told; machine === this.#machine && told !== size(); ) {
      told = size();
      const command = `/bin/stty -F /dev/ttyS0 ${told}`;
      // A machine that is full of processes, or has ended, can't be told.
      await Array.fromAsync(machine.run(command.split(" "), Infinity)).catch(() => {});
    }
    if (machine === this.#machine) {
      this.#isTellingSize = false;
    }
  }
}

/**
 * Tells which keys go to the shell. Tab completes, but right after Escape it leaves the terminal, as
 * it does in other editors. Copying and pasting are the browser's.
 */
function isForTheShell(terminal) {
  let isLeaving = false;
  return ({ type, key, ctrlKey, altKey, shiftKey }) => {
    if (type !== "keydown") {
      return true;
    }
    const leaves = isLeaving && key === "Tab";
    isLeaving = key === "Escape" || (isLeaving && key === "Shift");
    const isCtrl = ctrlKey && !altKey && !shiftKey;
    const copies = isCtrl && key === "c" && terminal.hasSelection();
    const pastes = isCtrl && key === "v";
    return !(leaves || copies || pastes);
  };
}

function coloursOfThePage() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const foreground = colour("fg");
  const background = colour("theme-popup-bg");
  const grey = colour("icons");
  const hues = {
    red: colour("blockquote-caution-color"),
    green: colour("blockquote-tip-color"),
    yellow: colour("blockquote-warning-color"),
    blue: colour("blockquote-note-color"),
    magenta: colour("blockquote-important-color"),
    cyan: colour("links"),
    white: foreground,
  };
  const bright = ([name, value]) => [`bright${name[0].toUpperCase()}${name.slice(1)}`, value];
  return {
    foreground,
    background,
    cursor: foreground,
    cursorAccent: background,
    selectionBackground: colour("search-mark-bg"),
    selectionForeground: "#000",
    black: grey,
    brightBlack: grey,
    ...hues,
    ...Object.fromEntries(Object.entries(hues).map(bright)),
  };
}

/**
 * xterm writes its colours into elements `style`, which the page's policy refuses. Those that it
 * makes in `open` become sheets made by a script, which the policy allows.
 */
function withSheetsForStyles(open) {
  const { createElement } = document;
  document.createElement = (name, options) => {
    const element = createElement.call(document, name === "style" ? "span" : name, options);
    if (name === "style") {
      const sheet = newSheet();
      Object.defineProperty(element, "textContent", { set: (text) => sheet.replaceSync(text) });
    }
    return element;
  };
  try {
    open();
  } finally {
    // The document's own.
    delete document.createElement;
  }
}

function newSheet() {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  return sheet;
}
