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
let failed = 0;
for (const file of documents.sort()) {
  const whole = fs.readFileSync(file, 'utf8');
  // What an older server is asked: without the lines that it may lack.
  const least = whole.replace(/^.*# optional .*$/gm, '');
  for (const [variant, text] of [['', whole], [' without its optional lines', least]]) {
    let errors;
    try {
      errors = validate(schema, parse(text));
    } catch (error) {
      errors = [error];
    }
    for (const error of errors) console.error(`${file}${variant}: ${error.message}`);
    failed += errors.length > 0 ? 1 : 0;
  }
}
console.log(`${documents.length} documents, ${failed} not valid`);
process.exit(failed > 0 ? 1 : 0);
