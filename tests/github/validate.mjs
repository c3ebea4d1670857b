// Validates the GraphQL documents of the GitHub source against GitHub's published schema.
// node validate.mjs MODULES DIRECTORY ...     MODULES: where graphql and @octokit/graphql-schema are installed
// Exit 1 where a document is not valid.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [modules, ...directories] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, 'node_modules', 'any.js'));
const { buildSchema, parse, validate } = require('graphql');
const schemaFile = path.resolve(modules, 'node_modules/@octokit/graphql-schema/schema.graphql');
const schema = buildSchema(fs.readFileSync(schemaFile, 'utf8'), { assumeValidSDL: true });

const documents = directories.flatMap((directory) =>
  fs
    .readdirSync(directory, { recursive: true })
    .filter((name) => name.endsWith('.graphql'))
    .map((name) => path.join(directory, name))
);
if (documents.length === 0) {
  console.error('no documents found');
  process.exit(1);
}
// A file that is one fragment belongs to every document that uses it, as the client sends it.
const text = new Map(documents.map((file) => [file, fs.readFileSync(file, 'utf8')]));
const fragments = new Map();
for (const [file, written] of text) {
  const name = written.replace(/^#.*\n/gm, '').match(/^\s*fragment (\w+) on /)?.[1];
  if (name) fragments.set(name, file);
}
const wholeOf = (file) => {
  const used = [...text.get(file).matchAll(/\.\.\.(\w+)/g)].map((found) => fragments.get(found[1]));
  return [file, ...new Set(used.filter(Boolean))].map((part) => text.get(part)).join('');
};
const queries = documents.filter((file) => ![...fragments.values()].includes(file));
let failed = 0;
for (const file of queries.sort()) {
  const whole = wholeOf(file);
  // What an older server is asked: without the lines that it may lack.
  const least = whole.replace(/^.*# optional .*$/gm, '');
  for (const [variant, sent] of [['', whole], [' without its optional lines', least]]) {
    let errors;
    try {
      errors = validate(schema, parse(sent));
    } catch (error) {
      errors = [error];
    }
    for (const error of errors) console.error(`${file}${variant}: ${error.message}`);
    failed += errors.length > 0 ? 1 : 0;
  }
}
console.log(`${queries.length} documents, ${failed} not valid`);
process.exit(failed > 0 ? 1 : 0);
