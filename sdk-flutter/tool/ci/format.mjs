// The format gate, and with --write the formatter: dart_style as WebAssembly, over every Dart file of the package.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { format } = await import(join(root, ".toolchain/node_modules/@wasm-fmt/dart_fmt/dart_fmt_node.js"));
const write = process.argv.includes("--write");
const skipped = new Set([".toolchain", "node_modules", "build", ".dart_tool"]);

function* dartFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && !skipped.has(entry.name)) yield* dartFiles(join(folder, entry.name));
    else if (entry.name.endsWith(".dart")) yield join(folder, entry.name);
  }
}

let good = 0;
const bad = [];
for (const file of dartFiles(root)) {
  const source = readFileSync(file, "utf8");
  let wanted;
  try {
    wanted = format(source, file, { language_version: "3.7.0" });
  } catch (error) {
    bad.push(`${relative(root, file)}: ${error}`);
    continue;
  }
  if (source === wanted) good += 1;
  else if (write) writeFileSync(file, wanted);
  else bad.push(`${relative(root, file)}: not formatted (make sdk-fmt)`);
}
for (const line of bad) console.log(line);
console.log(`format: ${good} passed, ${bad.length} failed`);
process.exit(bad.length ? 1 : 0);
