// Keeps a page like the book that is served. `cargo run` puts it into every page.
(() => {
  "use strict";

  // The build that this page comes from.
  const { build } = document.currentScript.dataset;
  const EVENTS = new URL("events", document.currentScript.src);
  const FIRST_DELAY = 1000;
  const LAST_DELAY = 30000;
  const NOT_BUILT =
    "<strong>The book can’t be built.</strong> This is how it was before the last change.";
  // What the reader has closed.
  const CLOSED = "book-closed";
  let delay = FIRST_DELAY;
  let events;
  let retry;
  let overlay;
  const styles = new CSSStyleSheet();
  styles.replaceSync(`
    :host {
      position: fixed;
      inset: auto 0 0;
      z-index: 10000;
      display: flex;
      flex-direction: column;
      max-height: 60vh;
      border-top: 4px solid #d33;
      background: Canvas;
      color: CanvasText;
      font: 16px/1.5 system-ui, sans-serif;
    }
    header { display: flex; align-items: start; gap: 16px; padding: 12px 16px 0; }
    p { flex: 1; margin: 0; }
    button { font: inherit; }
    pre {
      margin: 0;
      padding: 12px 16px;
      overflow: auto;
      font: 14px/1.5 ui-monospace, monospace;
      white-space: pre-wrap;
      overflow-wrap: anywhere;
    }
    @media print { :host { display: none; } }
  `);

  function connect() {
    events = new EventSource(EVENTS);
    events.onopen = () => {
      delay = FIRST_DELAY;
    };
    events.onmessage = ({ data }) => {
      const served = JSON.parse(data);
      if (served.build !== build) {
        disconnect();
        location.reload();
      } else if (served.error) {
        show(NOT_BUILT, served.error);
      } else if (served.problems.length > 0) {
        show(broken(served.problems.length), served.problems.join("\n"));
      } else {
        overlay?.remove();
        sessionStorage.removeItem(CLOSED);
      }
    };
    // The browser itself would try every few seconds, and write each failure to the console.
    events.onerror = () => {
      disconnect();
      retry = setTimeout(connect, delay);
      delay = Math.min(2 * delay, LAST_DELAY);
    };
  }

  function disconnect() {
    events?.close();
    clearTimeout(retry);
  }

  function broken(count) {
    const rules =
      count === 1 ? "A rule of the book is broken" : `${count} rules of the book are broken`;
    return `<strong>${rules}.</strong> Each is named by file and line, and <kbd>cargo run -- check</kbd> says the same.`;
  }

  function show(what, text) {
    // The page that stands in for a book has a place for the error.
    const place = document.getElementById("book-error");
    if (place) {
      place.textContent = text;
      return;
    }
    // Closed before, and nothing new: each edit loads the page anew.
    if (sessionStorage.getItem(CLOSED) === text) {
      return;
    }
    overlay ??= makeOverlay();
    overlay.shadowRoot.querySelector("p").innerHTML = what;
    overlay.shadowRoot.querySelector("pre").textContent = text;
    document.body.append(overlay);
  }

  // A shadow tree, so that neither the theme's styles nor these reach the other side. The colours
  // are the system's, in the scheme of the theme that the reader has chosen.
  function makeOverlay() {
    const host = document.createElement("div");
    host.setAttribute("role", "alert");
    const shadow = host.attachShadow({ mode: "open" });
    // The policy of a page allows no <style>.
    shadow.adoptedStyleSheets = [styles];
    shadow.innerHTML = `
      <header>
        <p></p>
        <button type="button">Close</button>
      </header>
      <pre tabindex="0"></pre>`;
    shadow.querySelector("button").onclick = () => {
      sessionStorage.setItem(CLOSED, shadow.querySelector("pre").textContent);
      host.remove();
    };
    return host;
  }

  // A browser keeps few connections to a server: a hidden page leaves them to others, and is told
  // what it missed when it is seen again.
  function follow() {
    disconnect();
    if (!document.hidden) {
      connect();
    }
  }

  document.addEventListener("visibilitychange", follow);
  follow();
})();
