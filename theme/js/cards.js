// Makes a list of questions, each a heading with its answer below, flash cards on demand. Which ones
// are known is remembered on the reader's own machine.

const KEY = "two-kitchens:cards";
const { element, remember, remembered } = window.shared;

function button(text, click) {
  const made = element("button", "", text);
  made.type = "button";
  made.addEventListener("click", click);
  return made;
}

/** Puts each heading and what follows it into a section. */
function cut(list) {
  const cards = [];
  for (const child of [...list.children]) {
    if (child.matches("h3")) {
      const answer = element("div", "answer");
      const card = element("section", "card");
      child.before(card);
      card.append(child, answer);
      cards.push({ card, heading: child, answer });
    } else {
      cards.at(-1).answer.append(child);
    }
  }
  return cards;
}

function play(list) {
  const cards = cut(list);
  // Whether a question is known, by the heading's id: nothing for one that wasn't asked.
  const marks = remembered(KEY);
  const isKnown = ({ heading }) => marks[heading.id] === true;
  let order = cards;
  let current; // The card that is asked, if they are asked one by one.

  const count = element("span", "count");
  const filter = element("input", "");
  filter.type = "checkbox";
  const place = element("p", "said");
  place.setAttribute("role", "status");
  const mode = button("Ask me, one by one", () => {
    if (current) {
      list.classList.remove("is-asking");
      current = undefined;
      show();
    } else {
      list.classList.add("is-asking");
      go(0);
    }
  });
  const reveal = button("Show the answer", () => {
    current.answer.hidden = !current.answer.hidden;
    tell();
  });
  const mark = (known) => () => {
    marks[current.heading.id] = known;
    remember(KEY, marks);
    // Where a card that is known now has left those to be asked, the next one has its place.
    const stays = deck().includes(current);
    go(position + (stays ? 1 : 0));
    reveal.focus();
  };
  const known = button("I know it", mark(true));
  const unknown = button("Not yet", mark(false));
  const shuffle = button("Shuffle", () => {
    order = [...order];
    for (let last = order.length - 1; last > 0; last--) {
      const other = Math.floor(Math.random() * (last + 1));
      [order[last], order[other]] = [order[other], order[last]];
    }
    go(0);
  });
  const reset = button("Forget my marks", () => {
    for (const id of Object.keys(marks)) {
      delete marks[id];
    }
    remember(KEY, marks);
    order = cards;
    go(0);
  });
  const asking = element(
    "div",
    "asking",
    element("div", "buttons", reveal, known, unknown),
    element(
      "div",
      "buttons",
      element("label", "", filter, " Only those not known yet"),
      shuffle,
      reset,
    ),
    place,
  );
  const bar = element("div", "cards-bar", element("div", "buttons", mode, count), asking);

  let position = 0;
  const deck = () => order.filter((card) => !filter.checked || !isKnown(card));

  /** Asks the card at a place of the deck; behind the last comes the first. */
  function go(to) {
    const asked = deck();
    position = asked.length > 0 ? to % asked.length : 0;
    current = asked[position] ?? { heading: {}, answer: {} };
    current.answer.hidden = true;
    show();
  }

  function tell() {
    const isHidden = current.answer.hidden;
    reveal.textContent = isHidden ? "Show the answer" : "Hide the answer";
    const asked = deck();
    place.textContent =
      asked.length > 0
        ? `Card ${position + 1} of ${asked.length}: ${current.heading.textContent}`
        : "You know them all.";
  }

  function show() {
    mode.textContent = current ? "Show the list" : "Ask me, one by one";
    asking.hidden = !current;
    count.textContent = `${cards.filter(isKnown).length} of ${cards.length} known`;
    for (const card of cards) {
      card.card.classList.toggle("is-known", isKnown(card));
      card.card.hidden = current !== undefined && card !== current;
      if (!current) {
        card.answer.hidden = false;
      }
    }
    const isEmpty = current !== undefined && deck().length === 0;
    for (const one of [reveal, known, unknown]) {
      one.disabled = isEmpty;
    }
    if (current) {
      tell();
    }
  }

  filter.addEventListener("change", () => go(0));
  // A link to a question leads to the list.
  window.addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (current && target && list.contains(target)) {
      mode.click();
      target.scrollIntoView();
    }
  });
  list.prepend(bar);
  list.classList.add("is-ready");
  show();
}

for (const list of document.querySelectorAll(".cards")) {
  play(list);
}
