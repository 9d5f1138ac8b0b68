// The search, loaded when the reader wants it: 200 kB that a page doesn't need.

const ours = document.querySelector("script[data-scripts]");
const toggle = document.getElementById("mdbook-search-toggle");
const field = document.getElementById("mdbook-searchbar");
const results = document.getElementById("mdbook-searchresults");

let loading;

function load() {
  loading ??= Promise.all(
    ours.dataset.scripts.split(" ").map(
      (src) =>
        new Promise((resolve, reject) => {
          const script = document.createElement("script");
          script.src = src;
          // In this order.
          script.async = false;
          script.onload = resolve;
          script.onerror = () => reject(new Error(`can't load ${src}`));
          document.head.append(script);
        }),
    ),
  );
  return loading;
}

// The first click or key comes before mdBook's search, which has the next ones.
async function open() {
  stop();
  await load();
  toggle.click();
}

function onKey(event) {
  const typing = /^(?:input|select|textarea)$/i.test(event.target.nodeName);
  const modified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  if (!typing && !modified && (event.key === "s" || event.key === "/")) {
    event.preventDefault();
    open();
  }
}

function stop() {
  toggle.removeEventListener("click", open);
  document.removeEventListener("keydown", onKey);
}

// The words of a path that leads nowhere: `/book/fork-vs-spawn.html` asks for "fork vs spawn".
function wordsOfThePath() {
  const last = location.pathname.split("/").filter(Boolean).at(-1) ?? "";
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // No UTF-8: as it stands.
  }
  return name
    .replace(/\.\w+$/, "")
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .join(" ");
}

if (ours && toggle) {
  const asked = new URLSearchParams(location.search);
  if (asked.has("search") || asked.has("highlight")) {
    load();
  } else {
    toggle.addEventListener("click", open);
    document.addEventListener("keydown", onKey);
    const words = document.querySelector("[data-search-the-path]") && wordsOfThePath();
    if (words) {
      field.value = words;
      open().then(() => field.dispatchEvent(new KeyboardEvent("keyup")));
    }
  }
  // mdBook names each teaser, which is a span: nobody may name that.
  new MutationObserver(() => {
    for (const teaser of results.querySelectorAll("span.teaser[aria-label]")) {
      teaser.removeAttribute("aria-label");
    }
  }).observe(results, { childList: true });
}
