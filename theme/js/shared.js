// What more than one script here uses. In a global, since they work without `import`.

window.shared = { element, remember, remembered };

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

/** What was remembered on the reader's own machine: an object or an array, or else an empty one. */
function remembered(key) {
  try {
    return Object(JSON.parse(localStorage.getItem(key)));
  } catch {
    // The browser keeps nothing for this page, or something else was written there.
    return {};
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // All works as well, and is forgotten with the page.
  }
}
