// generators.mjs: generates clients from the contract with the usual generators, and compiles each.
//
//     node generators.mjs OPENAPI DIRECTORY
//
// Writes the clients into DIRECTORY. They are not generated again while the contract, the lock file
// and this file are unchanged. Exits with 77 if the generators are not installed.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const [openapi, directory] = process.argv.slice(2).map((path) => resolve(path));

const generators = {
	'openapi-typescript': (output) => ['openapi-typescript', openapi, '-o', join(output, 'schema.ts')],
	'orval': (output) => ['orval', '--input', openapi, '--output', join(output, 'client.ts'), '--client', 'fetch'],
	'hey-api': (output) => ['openapi-ts', '-i', openapi, '-o', output, '-c', '@hey-api/client-fetch'],
	'kubb': () => ['kubb', 'generate', '--config', join(here, 'kubb.config.mjs')],
};

const tsconfig = {
	compilerOptions: {
		target: 'ES2022', module: 'ESNext', moduleResolution: 'Bundler', lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [],
		strict: true, noUncheckedIndexedAccess: true, noEmit: true, allowImportingTsExtensions: true,
	},
	include: ['.'],
};

// Resolves with the exit code and the output of a program in node_modules.
function run([program, ...args], env = {}) {
	return new Promise((done) => execFile(join(here, 'node_modules/.bin', program), args,
		{ cwd: here, env: { ...process.env, ...env }, maxBuffer: 1 << 26 },
		(error, stdout, stderr) => done({ failed: error !== null, output: stdout + stderr })));
}

async function inputs() {
	const files = [openapi, join(here, 'package-lock.json'), join(here, 'kubb.config.mjs'), fileURLToPath(import.meta.url)];
	const hash = createHash('sha256');
	for (const file of files)
		hash.update(await readFile(file));
	return hash.digest('hex');
}

// Returns the errors.
async function check(name, command) {
	const output = join(directory, name);
	await rm(output, { recursive: true, force: true });
	await mkdir(output, { recursive: true });
	const generated = await run(command(output), { OPENAPI: openapi, OUTPUT: output });
	if (generated.failed)
		return `${name} cannot read the contract:\n${generated.output.slice(-4000)}`;
	await writeFile(join(output, 'tsconfig.json'), JSON.stringify(tsconfig));
	const compiled = await run(['tsc', '-p', output]);
	return compiled.failed ? `${name}: the generated client does not compile:\n${compiled.output.slice(0, 4000)}` : '';
}

if (!Object.values(generators).every((command) => existsSync(join(here, 'node_modules/.bin', command('')[0])))) {
	console.log('skipped: the generators are not installed; run ./dev test');
	process.exit(77);
}
const stamp = join(directory, 'checked');
const current = await inputs();
if (await readFile(stamp, 'utf8').catch(() => '') === current) {
	console.log('the contract is unchanged since the last check');
	process.exit(0);
}
let status = 0;
for (const [name, command] of Object.entries(generators)) {
	const errors = await check(name, command);
	console.log(errors || `${name}: compiles`);
	status ||= errors ? 1 : 0;
}
if (status)
	console.log('Edit src/spec, which writes the contract; the errors name the schemas.');
else
	await writeFile(stamp, current);
process.exit(status);
