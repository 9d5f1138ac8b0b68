// Gives a page the key to run programs, where the server doesn't know that its owner asks: the
// reader opened the address with the key once, and this browser keeps it. `cargo run` puts this
// into such pages, before all scripts that are modules.
(() => {
  "use strict";

  const NAME = "run-key";
  const given = new URLSearchParams(location.hash.slice(1)).get(NAME);
  if (given) {
    localStorage.setItem(NAME, given);
    // Neither the history nor a copied address keeps it.
    history.replaceState(null, "", location.pathname + location.search);
  }
  document.querySelector('meta[name="run-token"]').content = localStorage.getItem(NAME) ?? "";
})();
