// Lets the reader touch pages after a fork. What a touch does is read from the table, which holds
// what a listing recorded: rows by who has written to the page, columns by the touch.

function read(table) {
  return [...table.tBodies[0].rows].map((row) =>
    [...row.cells].slice(1).map((cell) => {
      const [faults, frames] = cell.textContent.match(/\d+/g).map(Number);
      return { cell, faults, frames, next: Number(cell.dataset.next), text: cell.textContent };
    }),
  );
}

function play(figure) {
  const effects = read(figure.querySelector("table"));
  const at = (selector) => figure.querySelector(selector);
  const buttons = [...figure.querySelectorAll("[data-who]")];
  const frames = [...figure.querySelectorAll(".frames")];
  let pages;
  let faults;
  let last;

  function show(said) {
    for (const [index, box] of frames.entries()) {
      const [one, ...two] = box.children;
      const isOne = pages[index].frames === 1;
      one.hidden = !isOne;
      for (const frame of two) {
        frame.hidden = isOne;
      }
    }
    for (const who of ["I", "she"]) {
      at(`[data-faults=${who}]`).textContent = faults[who];
    }
    at("[data-frames]").textContent = pages.reduce((sum, page) => sum + page.frames, 0);
    for (const { cell } of effects.flat()) {
      cell.classList.toggle("taken", cell === last);
    }
    at(".said").textContent = said;
  }

  function fork() {
    pages = frames.map(() => ({ state: 0, frames: 1 }));
    faults = { I: 0, she: 0 };
    last = undefined;
    show("Forked: each page has one frame, for both of us.");
  }

  function touch(who, index) {
    const isWrite = at("[name=touch]:checked").value === "write";
    const page = pages[index];
    const effect = effects[page.state][(isWrite ? 2 : 0) + (who === "she" ? 1 : 0)];
    const isCopied = effect.frames > page.frames;
    const verb = isWrite ? "write to" : "read";
    const subject = who === "I" ? `I ${verb}` : `She ${verb.replace(/^\w+/, "$&s")}`;
    pages[index] = { state: effect.next, frames: effect.frames };
    faults[who] += effect.faults;
    last = effect.cell;
    let why = "Nothing is copied.";
    if (isCopied) {
      why = `The page is copied: the new frame is ${who === "I" ? "mine" : "hers"}.`;
    } else if (effect.faults > 0) {
      why = "No frame is added: the one that was there has no other user.";
    }
    show(`${subject} page ${index + 1}: ${effect.text}. ${why}`);
  }

  for (const button of buttons) {
    const { who } = button.dataset;
    const index = buttons.filter((other) => other.dataset.who === who).indexOf(button);
    button.addEventListener("click", () => touch(who, index));
  }
  at("[data-do=again]").addEventListener("click", fork);
  fork();
  at(".play").hidden = false;
}

for (const figure of document.querySelectorAll("figure.cow")) {
  play(figure);
}
