// Makes the questions of a quiz groups of radio buttons that say at once whether an answer holds,
// and why. What was chosen is remembered on the reader's own machine.

const KEY = "two-kitchens:quiz";
const { element, remember, remembered } = window.shared;

/** Changes the answers given, on any page: the answer's text by the question's. */
function change(edit) {
  const answers = remembered(KEY);
  edit(answers);
  remember(KEY, answers);
}

/** Turns `<details>` into a radio button, and its text into a reason that is shown on demand. */
function option(details, group) {
  const [summary, ...reason] = details.children;
  const radio = element("input", "");
  radio.type = "radio";
  radio.name = group;
  const text = summary.textContent.trim();
  const label = element("label", "option", radio, element("span", "", ...summary.childNodes));
  const why = element("div", "reason", ...reason);
  why.hidden = true;
  return { radio, label, why, text, isRight: details.className === "right" };
}

let questions = 0;

function ask(question) {
  const [asked, ...answers] = question.children;
  const text = asked.textContent.trim();
  const group = `quiz-${questions++}`;
  const options = answers.map((details) => option(details, group));
  const said = element("div", "said");
  said.setAttribute("role", "status");
  const fieldset = element(
    "fieldset",
    "question",
    element("legend", "", ...asked.childNodes),
    ...options.flatMap(({ label, why }) => [label, why]),
    said,
  );
  question.replaceWith(fieldset);

  let given;
  function show(chosen) {
    given = chosen;
    for (const { label, radio, isRight } of options) {
      label.classList.toggle("is-right", radio === chosen?.radio && isRight);
      label.classList.toggle("is-wrong", radio === chosen?.radio && !isRight);
    }
    said.replaceChildren(...(chosen?.why.cloneNode(true).childNodes ?? []));
  }
  function give(radio) {
    const chosen = options.find((option) => option.radio === radio);
    if (chosen !== given) {
      radio.checked = true;
      show(chosen);
      change((all) => {
        all[text] = chosen.text;
      });
      fieldset.dispatchEvent(new Event("given", { bubbles: true }));
    }
  }

  // Arrows check what they come to. That is looking, and no answer yet.
  let isLooking = false;
  fieldset.addEventListener("keydown", (event) => {
    isLooking = event.key.startsWith("Arrow");
    if (event.target.type === "radio" && [" ", "Enter"].includes(event.key)) {
      event.preventDefault();
      give(event.target);
    }
  });
  fieldset.addEventListener("change", ({ target }) => {
    if (isLooking) {
      show();
    } else {
      give(target);
    }
    isLooking = false;
  });

  const before = options.find((option) => option.text === remembered(KEY)[text]);
  if (before) {
    before.radio.checked = true;
    show(before);
  }
  return {
    fieldset,
    isRight: () => given?.isRight ?? false,
    forget() {
      for (const { radio } of options) {
        radio.checked = false;
      }
      show();
      change((all) => delete all[text]);
    },
  };
}

/** The questions of one quiz: those that follow one another. */
function quiz(first) {
  const divs = [first];
  while (divs.at(-1).nextElementSibling?.matches("div.question")) {
    divs.push(divs.at(-1).nextElementSibling);
  }
  const hint = element("p", "hint", "Arrow keys move between answers; Space or Enter gives one.");
  first.before(hint);
  const asked = divs.map(ask);
  const score = element("span", "");
  const reset = element("button", "", "Begin again");
  reset.type = "button";
  asked.at(-1).fieldset.after(element("p", "score", score, " ", reset));

  function count() {
    const right = asked.filter((question) => question.isRight()).length;
    score.textContent = `${right} of ${asked.length} right.`;
  }
  for (const { fieldset } of asked) {
    fieldset.addEventListener("given", count);
  }
  reset.addEventListener("click", () => {
    for (const question of asked) {
      question.forget();
    }
    count();
  });
  count();
}

for (const div of document.querySelectorAll("div.question")) {
  // A question that isn't there any more was made one of the quiz of another.
  if (div.isConnected) {
    quiz(div);
  }
}
