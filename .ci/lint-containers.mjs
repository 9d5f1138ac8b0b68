// Lints the Dockerfile, and looks whether the dev container is built of a stage that it has.
import { readFileSync } from "node:fs";
import utils from "../target/dockerfile-utils/node_modules/dockerfile-utils/lib/main.js";

const [dockerfile, devcontainer] = process.argv.slice(2);
const text = readFileSync(dockerfile, "utf8");
const faults = utils
  .validate(text)
  .map(({ range, message }) => `${dockerfile}:${range.start.line + 1}: ${message}`);
const { target } = JSON.parse(readFileSync(devcontainer, "utf8")).build;
if (!new RegExp(`^FROM \\S+ AS ${target}$`, "m").test(text)) {
  faults.push(`${devcontainer}: ${dockerfile} has no stage "${target}"`);
}
for (const fault of faults) {
  console.error(fault);
  process.exitCode = 1;
}
