// Lets the reader choose who takes the next step of a lost update. What can come next, and how it
// ends, is read from the tables: they hold every order that loom found.

const LABELS = {
  I: { steps: ["I read", "I write"], done: "I am done", waits: "I wait for the lock" },
  sister: {
    steps: ["sister reads", "sister writes"],
    done: "sister is done",
    waits: "sister waits for the lock",
  },
};

function read(table) {
  const rows = [...table.tBodies[0].rows];
  return rows.map((row) => {
    const cells = [...row.cells];
    const steps = cells.slice(0, -1).map((cell) => cell.textContent);
    return { row, steps, cookies: Number.parseInt(cells.at(-1).textContent, 10) };
  });
}

function play(figure) {
  const models = [...figure.querySelectorAll("table")].map(read);
  const at = (selector) => figure.querySelector(selector);
  const buttons = [...figure.querySelectorAll("[data-cook]")];
  const lock = at("[name=lock]");
  const seen = new Set();
  let path = [];

  const orders = () => models[Number(lock.checked)];
  const isLost = ({ row }) => row.classList.contains("lost");
  const isOpen = ({ steps }) => path.every((step, index) => steps[index] === step);
  const stepsOf = (cook) => path.filter((step) => step.startsWith(`${cook} `));
  const next = (cook) =>
    orders()
      .filter(isOpen)
      .map(({ steps }) => steps[path.length])
      .find((step) => step?.startsWith(`${cook} `));

  function show() {
    for (const button of buttons) {
      const { cook } = button.dataset;
      const label = LABELS[cook];
      const mine = stepsOf(cook);
      const upcoming = label.steps[mine.length] ?? label.done;
      const can = next(cook) !== undefined;
      button.textContent = can || mine.length === 2 ? upcoming : label.waits;
      button.setAttribute("aria-disabled", String(!can));
      at(`[data-found=${cook}]`).textContent = mine[0]?.split(" ").at(-1) ?? "–";
    }
    const written = path.findLast((step) => step.includes(" wrote "));
    at("[data-plate]").textContent = written?.split(" ").at(-1) ?? "0";
    at("[data-do=back]").setAttribute("aria-disabled", String(path.length === 0));

    const ended = orders().find((order) => isOpen(order) && order.steps.length === path.length);
    if (ended) {
      seen.add(ended.row);
    }
    for (const order of models.flat()) {
      const isCurrent = orders().includes(order) && isOpen(order);
      order.row.classList.toggle("seen", seen.has(order.row));
      for (const [index, cell] of [...order.row.cells].entries()) {
        cell.classList.toggle("taken", isCurrent && index < path.length);
      }
    }
    let said = path.length > 0 ? `${path.at(-1)}.` : "Nobody has taken a step.";
    if (ended) {
      said += isLost(ended)
        ? ` Two baked, ${ended.cookies} on the plate: a cookie is lost.`
        : ` Two baked, ${ended.cookies} on the plate: none is lost.`;
    }
    at(".said").textContent = said;
    const found = orders().filter(({ row }) => seen.has(row));
    const losing = orders().filter(isLost);
    at(".tally").textContent =
      `You have seen ${found.length} of ${orders().length} orders, and ` +
      `${found.filter(isLost).length} of the ${losing.length} that lose a cookie.`;
  }

  figure.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button || button.getAttribute("aria-disabled") === "true") {
      return;
    }
    if (button.dataset.cook) {
      path.push(next(button.dataset.cook));
    } else if (button.dataset.do === "back") {
      path.pop();
    } else {
      path = [];
    }
    show();
  });
  lock.addEventListener("change", () => {
    path = [];
    show();
  });
  show();
  at(".play").hidden = false;
}

for (const figure of document.querySelectorAll("figure.scheduler")) {
  play(figure);
}
