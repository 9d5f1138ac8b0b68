// The search, loaded when the reader wants it: 200 kB that a page doesn't need.

const ours = document.querySelector("script[data-scripts]");
const toggle = document.getElementById("mdbook-search-toggle");
const wrapper = document.getElementById("mdbook-search-wrapper");
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

const isTyping = ({ target }) => /^(?:input|select|textarea)$/i.test(target.nodeName);
const isModified = (event) => event.altKey || event.ctrlKey || event.metaKey;

function onKey(event) {
  if (!isTyping(event) && !isModified(event) && !event.shiftKey && /^[s/]$/.test(event.key)) {
    event.preventDefault();
    open();
  }
}

// Where `/` is typed with Shift, as on German and French keyboards: mdBook's search passes it over.
function onShiftedSlash(event) {
  if (!isTyping(event) && !isModified(event) && event.shiftKey && event.key === "/") {
    event.preventDefault();
    if (wrapper.classList.contains("hidden")) {
      // Also the first time: `open` answers the click.
      toggle.click();
    } else {
      field.select();
    }
  }
}

function stop() {
  toggle.removeEventListener("click", open);
  document.removeEventListener("keydown", onKey);
}

// What the reader searched for may be in a fold of the section that was found, and nowhere else there.
function unfoldHit() {
  const heading = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const section = [];
  for (
    let element = heading?.nextElementSibling;
    element && !/^H[1-6]$/.test(element.nodeName);
    element = element.nextElementSibling
  ) {
    section.push(element);
  }
  const hits = section.flatMap((element) => [...element.querySelectorAll("mark")]);
  const folds = hits.map((hit) => hit.closest("details:not([open])"));
  if (folds.length > 0 && folds.every(Boolean)) {
    folds[0].open = true;
  }
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
  document.addEventListener("keydown", onShiftedSlash);
  const asked = new URLSearchParams(location.search);
  if (asked.has("search") || asked.has("highlight")) {
    load().then(unfoldHit);
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
