// The frame of a page by keyboard: the sidebar's button, the skip link, and what scrolls.

const sidebar = document.getElementById("mdbook-sidebar");
const box = document.getElementById("mdbook-sidebar-toggle-anchor");
const toggle = document.querySelector("button#mdbook-sidebar-toggle");

// mdBook's script listens to the box, which only its label could change.
function turn(open) {
  box.checked = open;
  box.dispatchEvent(new Event("change"));
}

toggle?.addEventListener("click", (event) => {
  turn(!box.checked);
  // By keyboard: what was opened lies before the button.
  if (box.checked && event.detail === 0) {
    (sidebar.querySelector("a.active") ?? sidebar.querySelector("a"))?.focus();
  }
});

sidebar?.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && toggle) {
    turn(false);
    toggle.focus();
  }
});

// Chromium lets Tab begin where a script scrolled last, and mdBook's has scrolled the sidebar.
if (!location.hash) {
  document.body.scrollIntoView({ block: "nearest" });
}

// mdBook turns the page by an arrow, which isn't meant while a fold, a button or what scrolls has the
// focus.
document.querySelector("main")?.addEventListener("keydown", (event) => {
  const isInside = event.target !== event.currentTarget && !event.target.closest("a");
  if (isInside && event.key.startsWith("Arrow")) {
    event.stopPropagation();
  }
});

// Where the page for unknown paths has a `<base>`, a fragment alone would lead to another page.
document.querySelector(".skip-link")?.addEventListener("click", (event) => {
  event.preventDefault();
  const text = document.getElementById("text");
  text.focus();
  text.scrollIntoView();
});

// What is wider than the page can be reached and scrolled by keyboard, and nothing else is.
const NAMES = { CODE: "Code, scrolls sideways", DIV: "Table, scrolls sideways" };
const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) {
      target.tabIndex = 0;
      target.setAttribute("role", "group");
      target.setAttribute("aria-label", NAMES[target.tagName]);
    } else if (target.getAttribute("role") === "group") {
      for (const name of ["tabindex", "role", "aria-label"]) {
        target.removeAttribute(name);
      }
    }
  }
});
for (const wide of document.querySelectorAll("pre > code, .table-wrapper")) {
  watcher.observe(wide);
}

// A box of a task list takes its name from its line.
for (const item of document.querySelectorAll("main li > input[type=checkbox]:not([aria-label])")) {
  item.setAttribute("aria-label", item.parentElement.textContent.trim());
}
