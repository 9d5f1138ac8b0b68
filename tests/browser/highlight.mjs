// Makes theme/highlight.js: highlight.js with the two languages that the book has. mdBook's own copy
// brings all of them, and weighs four times as much.
//
// Of a version in which `highlightBlock`, which mdBook calls, isn't deprecated yet.

import path from "node:path";
import { build } from "esbuild";

const ROOT = path.resolve(import.meta.dirname, "../..");

await build({
  stdin: {
    contents: `
      import hljs from "highlight.js/lib/core";
      import rust from "highlight.js/lib/languages/rust";
      import shell from "highlight.js/lib/languages/shell";
      hljs.registerLanguage("rust", rust);
      hljs.registerLanguage("shell", shell);
      window.hljs = hljs;
    `,
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  minify: true,
  format: "iife",
  banner: {
    js: "/* highlight.js 10.6.0, BSD-3-Clause, copyright (c) 2006-2021 Ivan Sagalaev; made by `npm run highlight` in tests/browser */",
  },
  outfile: path.join(ROOT, "theme/highlight.js"),
});
