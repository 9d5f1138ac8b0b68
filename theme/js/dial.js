// Lets the reader turn the flags of clone. What is shared then is read from the table, which holds
// what a listing recorded for every setting.

function play(figure) {
  const at = (selector) => figure.querySelector(selector);
  const table = at("table");
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    shared: [...row.cells].slice(1).map((cell) => cell.textContent === "shared"),
  }));
  const dials = [...figure.querySelectorAll("input")];
  const things = [...figure.querySelectorAll(".thing")];
  const list = new Intl.ListFormat("en");

  function show() {
    // Each dial has its own column.
    const { row, shared } = rows.find(({ shared }) =>
      dials.every((dial, index) => dial.checked === shared[index]),
    );
    for (const other of rows) {
      other.row.classList.toggle("taken", other.row === row);
    }
    for (const [index, thing] of things.entries()) {
      const [ours, its] = thing.children;
      thing.classList.toggle("is-shared", shared[index]);
      ours.textContent = shared[index] ? `${names[index]}: one for both` : `our ${names[index]}`;
      its.hidden = shared[index];
    }
    const changed = names.filter((_, index) => shared[index]);
    const kept = names.filter((_, index) => !shared[index]);
    const told = [];
    if (changed.length > 0) {
      told.push(`Changed for us too: ${list.format(changed)}.`);
    }
    if (kept.length > 0) {
      told.push(`Changed for the child alone: ${list.format(kept)}.`);
    } else {
      told.push("And still it is a process, with a number of its own.");
    }
    at(".said").textContent = told.join(" ");
  }

  figure.addEventListener("change", show);
  show();
  at(".play").hidden = false;
}

for (const figure of document.querySelectorAll("figure.dial")) {
  play(figure);
}
