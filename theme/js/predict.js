// Remembers which outputs a reader has unfolded, on the reader's own machine.

const KEY = "two-kitchens:unfolded";
const { remember, remembered } = window.shared;
const folds = [...document.querySelectorAll("details.predict")];

/** The commands whose outputs are unfolded, on any page. */
const commands = () => new Set(Object.values(remembered(KEY)));

function change(edit) {
  const unfolded = commands();
  edit(unfolded);
  remember(KEY, [...unfolded]);
}

const unfolded = commands();
for (const fold of folds) {
  const { command } = fold.dataset;
  fold.open ||= unfolded.has(command);
  // A click, also one by keyboard or by `run.js`: not the browser's search, and not the printer.
  fold.querySelector("summary").addEventListener("click", () => {
    change((commands) => (fold.open ? commands.delete(command) : commands.add(command)));
  });
}

const again = document.querySelector(".predict-again");
if (again) {
  const button = again.querySelector("button");
  button.disabled = false;
  button.addEventListener("click", () => {
    change((commands) => {
      for (const fold of folds) {
        commands.delete(fold.dataset.command);
        fold.open = false;
      }
    });
    again.querySelector("[role=status]").textContent = "Folded, and forgotten.";
  });
}

// A link to a place inside a fold. Newer browsers unfold it themselves.
function unfoldTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target?.closest("details.predict:not([open])");
  if (fold) {
    fold.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", unfoldTarget);
unfoldTarget();

// Paper can't be unfolded, be it an output or a solution.
let printed = [];
addEventListener("beforeprint", () => {
  printed = [...document.querySelectorAll("main details:not([open])")];
  for (const fold of printed) {
    fold.open = true;
  }
});
addEventListener("afterprint", () => {
  for (const fold of printed) {
    fold.open = false;
  }
});
