// One machine, in a thread of its own, which the page can end at any moment.
//
// The page sends `{ wasm, state }`, and then `{ line, bytes }` for one of the machine's two serial
// lines. It gets `{ ready: true }`, then `{ line, bytes }`, and `{ failed: REASON }` if the emulator
// breaks.

import { hardware } from "./hardware.mjs";

const LINES = [0, 1];

// After each slice of its work the emulator lets messages in, by one of three ways: a worker made
// from text, which our policy refuses; a timer, for which it would wait 4 ms each time; or
// `postTask`, if the worker's address asks for it. Not every browser has that one.
globalThis.scheduler = { postTask };

function postTask(task, { delay }) {
  if (delay > 0) {
    setTimeout(task, delay);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    task();
  };
  port2.postMessage(undefined);
}

addEventListener("message", ({ data }) => start(data), { once: true });
addEventListener("unhandledrejection", ({ reason }) => {
  postMessage({ failed: String(reason?.message ?? reason) });
});

async function start({ wasm, state }) {
  // Not before `scheduler` is there.
  const { V86 } = await import("./libv86.mjs");
  const emulator = new V86({
    ...hardware,
    wasm_fn: async (imports) => (await instantiate(wasm, imports)).instance.exports,
    initial_state: { buffer: state },
    autostart: true,
  });
  for (const line of LINES) {
    const send = inPieces((bytes) => postMessage({ line, bytes }, [bytes.buffer]));
    emulator.add_listener(`serial${line}-output-byte`, send);
  }
  emulator.add_listener("emulator-loaded", () => {
    addEventListener("message", ({ data: { line, bytes } }) => {
      emulator.serial_send_bytes(line, bytes);
    });
    postMessage({ ready: true });
  });
}

/** Compiles what is packed in `wasm` while it is unpacked. */
function instantiate(wasm, imports) {
  const unpacked = new Blob([wasm]).stream().pipeThrough(new DecompressionStream("gzip"));
  const headers = { "content-type": "application/wasm" };
  return WebAssembly.instantiateStreaming(new Response(unpacked, { headers }), imports);
}

/** Collects single bytes, and sends what came in one slice of the emulator's work. */
function inPieces(send) {
  let bytes = [];
  return (byte) => {
    if (bytes.push(byte) === 1) {
      setTimeout(() => {
        send(Uint8Array.from(bytes));
        bytes = [];
      });
    }
  };
}
