// lint.mjs: the OpenAPI document is valid, small, and has examples that match their schemas.
//
//     node lint.mjs BINNACLE
//
// Redocly and Spectral report no error and no warning. owasp.yaml lists the rules of OWASP that
// are turned off, with the reasons. src/spec writes the document, from the tables in src/resources.

import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAX_BYTES_PER_OPERATION = 2_400; // of the whole document
const here = fileURLToPath(new URL('.', import.meta.url));
const bin = (name) => join(here, 'node_modules/.bin', name);

let Ajv, addFormats;
try {
	({ default: Ajv } = await import('ajv/dist/2020.js'));
	({ default: addFormats } = await import('ajv-formats'));
} catch {
	// Reported below.
}
if (!Ajv || !existsSync(bin('redocly')) || !existsSync(bin('spectral'))) {
	console.log('skipped: needs npm packages, which ./dev test installs');
	process.exit(77);
}

const text = execFileSync(process.argv[2], ['openapi'], { encoding: 'utf8', maxBuffer: 1 << 24 }).trim();
const document = JSON.parse(text);
const errors = [];

// ---- Examples ----

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: 'document', ...document });

// Makes references absolute, so that a part of the document can be compiled alone.
function absolute(value) {
	if (Array.isArray(value))
		return value.map(absolute);
	if (value === null || typeof value !== 'object')
		return value;
	return Object.fromEntries(Object.entries(value).map(([key, part]) =>
		[key, key === '$ref' && typeof part === 'string' ? part.replace(/^#/, 'document#') : absolute(part)]));
}

function checkExample(where, schema, example) {
	const validate = ajv.compile(absolute(schema));
	if (!validate(example))
		errors.push(`${where}: the example ${JSON.stringify(example)} does not match: ${ajv.errorsText(validate.errors)}`);
}

// Checks each `example` next to a schema, and each of a schema's own `examples`. Returns their number.
function checkExamples(value, where) {
	if (value === null || typeof value !== 'object')
		return 0;
	let count = 0;
	if (value.schema && 'example' in value) {
		checkExample(where, value.schema, value.example);
		count++;
	}
	if (Array.isArray(value.examples)) {
		for (const example of value.examples)
			checkExample(where, value, example);
		count++;
	}
	for (const [key, part] of Object.entries(value))
		if (key !== 'example' && key !== 'examples')
			count += checkExamples(part, `${where}/${key}`);
	return count;
}

function checkBodies() {
	for (const [path, methods] of Object.entries(document.paths))
		for (const [method, operation] of Object.entries(methods))
			for (const content of Object.values(operation.requestBody?.content ?? {}))
				if (!('example' in content))
					errors.push(`${method} ${path}: the body has no example`);
}

// ---- Linters ----

// Resolves with the output, or '' if the linter reports nothing.
function run(program, args) {
	return new Promise((done) => execFile(bin(program), args,
		{ cwd: here, env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }, maxBuffer: 1 << 26 },
		(error, stdout, stderr) => done(error ? `${stdout}${stderr}` : '')));
}

async function lint(file) {
	const linters = {
		redocly: ['redocly', ['lint', '--config', 'redocly.yaml', '--format', 'stylish', file]],
		spectral: ['spectral', ['lint', '--ruleset', 'spectral.yaml', '--fail-severity', 'hint', '--quiet', file]],
		owasp: ['spectral', ['lint', '--ruleset', 'owasp.yaml', '--fail-severity', 'hint', '--quiet', file]],
	};
	for (const [name, [program, args]] of Object.entries(linters)) {
		const output = await run(program, args);
		if (output)
			errors.push(`${name}:\n${output.slice(0, 4000)}`);
	}
}

const operations = Object.values(document.paths).flatMap(Object.values).filter(({ operationId }) => operationId);
const maxBytes = operations.length * MAX_BYTES_PER_OPERATION;
if (Buffer.byteLength(text) > maxBytes)
	errors.push(`the document has ${Buffer.byteLength(text)} bytes, more than ${maxBytes}`);
const count = checkExamples(document, '');
checkBodies();
const directory = await mkdtemp(join(tmpdir(), 'binnacle-contract-'));
try {
	const file = join(directory, 'openapi.json');
	await writeFile(file, text);
	await lint(file);
} finally {
	await rm(directory, { recursive: true });
}
if (errors.length) {
	console.log(errors.join('\n'));
	console.log('Edit src/spec, or the tables in src/resources that the document is written from.');
	process.exit(1);
}
console.log(`${Buffer.byteLength(text)} bytes, ${count} examples match; Redocly and Spectral report nothing`);
