// Checks requests against GitHub's published description of its REST interface.
// node requests.mjs MODULES FILE     MODULES: where ajv and @octokit/openapi are installed
// FILE holds one request in a line: {"method": "PUT", "target": "/repos/o/r/…", "body": {…}}
// Exit 1 where one is not as described.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [modules, file] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, 'node_modules', 'any.js'));
const Ajv = require('ajv');
const described = require(path.resolve(modules, 'node_modules/@octokit/openapi/generated/api.github.com.json'));

const resolve = (value) => {
  while (value?.$ref) {
    value = value.$ref.slice(2).split('/').reduce((inner, key) => inner[key], described);
  }
  return value;
};
// Of several paths that match the one with the fewest parameters is meant.
const paths = Object.entries(described.paths)
  .map(([template, operations]) => ({
    operations,
    parameters: template.split('{').length - 1,
    pattern: new RegExp(`^${template.replace(/[.+]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
  }))
  .sort((one, other) => one.parameters - other.parameters);
const properties = (schema) => {
  const known = resolve(schema) ?? {};
  const parts = [...(known.oneOf ?? []), ...(known.anyOf ?? []), ...(known.allOf ?? [])];
  return [...Object.keys(known.properties ?? {}), ...parts.flatMap(properties)];
};

// OpenAPI 3.0's `nullable`, as JSON Schema says it.
const schemaOf = (value) => {
  if (Array.isArray(value)) return value.map(schemaOf);
  if (value === null || typeof value !== 'object') return value;
  const { nullable, ...rest } = value;
  const inner = Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, schemaOf(part)]));
  return nullable === true ? { anyOf: [{ type: 'null' }, inner] } : inner;
};
const components = { schemas: schemaOf(described.components.schemas) };

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
const validators = new Map();
const faults = ({ method, target, body }) => {
  const url = new URL(target, 'http://localhost');
  const place = paths.find((known) => known.pattern.test(url.pathname) && known.operations[method.toLowerCase()]);
  if (!place) return ['there is no such path and method'];
  const operation = place.operations[method.toLowerCase()];
  const found = [];
  const parameters = (operation.parameters ?? []).map(resolve).filter((one) => one.in === 'query');
  for (const name of url.searchParams.keys()) {
    if (!parameters.some((known) => known.name === name)) found.push(`unknown parameter ${name}`);
  }
  const expected = resolve(operation.requestBody);
  const schema = expected?.content?.['application/json']?.schema;
  if (body === null) {
    if (expected?.required) found.push('a body is required');
  } else if (!schema) {
    found.push('a body, where none is described');
  } else {
    const known = properties(schema);
    found.push(...Object.keys(body).filter((key) => !known.includes(key)).map((key) => `unknown property ${key}`));
    if (!validators.has(operation.operationId)) {
      validators.set(operation.operationId, ajv.compile({ ...schemaOf(resolve(schema)), components }));
    }
    const validate = validators.get(operation.operationId);
    if (!validate(body)) found.push(ajv.errorsText(validate.errors));
  }
  return found;
};

const requests = [...new Set(fs.readFileSync(file, 'utf8').split('\n').filter(Boolean))].map((line) => JSON.parse(line));
if (requests.length === 0) {
  console.error('no requests found');
  process.exit(1);
}
let failed = 0;
for (const request of requests) {
  for (const fault of faults(request)) {
    console.error(`${request.method} ${request.target} ${JSON.stringify(request.body)}: ${fault}`);
    failed += 1;
  }
}
console.log(`${requests.length} requests, ${failed} faults`);
process.exit(failed > 0 ? 1 : 0);
