// build.mjs DIRECTORY: writes the files that binnacle embeds.
//
// Swagger UI is copied as it is. ReDoc loads its search worker from a blob and a logo from its
// vendor's server, which a strict Content-Security-Policy forbids: the worker becomes a file, the
// logo is removed. The build fails if this script does not find both in a new version of ReDoc.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, 'node_modules');
const output = process.argv[2];

const read = (...path) => readFileSync(join(...path), 'utf8');
const write = (name, text) => writeFileSync(join(output, name), text);

// Replaces the only match of a pattern.
function replaceOnce(text, pattern, replacement, what) {
	const matches = text.match(new RegExp(pattern, 'g')) ?? [];
	if (matches.length !== 1) throw new Error(`redoc: ${what} occurs ${matches.length} times`);
	return text.replace(pattern, replacement);
}

const withoutSourceMap = (text) => text.replace(/\n\/[/*]# sourceMappingURL=[^\n]*\s*$/, '\n');

const WORKER = /new Worker\(URL\.createObjectURL\(new Blob\(\[('(?:[^'\\]|\\.)*')\]\)\)/;
const LOGO = /"https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini\.svg"/;
const EMPTY_IMAGE = '"data:image/svg+xml,%3Csvg xmlns=\'http://www.w3.org/2000/svg\'/%3E"';

function redoc() {
	const text = withoutSourceMap(read(modules, 'redoc', 'bundles', 'redoc.standalone.js'));
	const worker = text.match(WORKER)?.[1];
	if (!worker) throw new Error('redoc: the search worker was not found');
	write('redoc-worker.js', withoutSourceMap(vm.runInNewContext(worker)));
	write(
		'redoc.js',
		replaceOnce(
			replaceOnce(
				text,
				WORKER,
				() => 'new Worker(document.documentElement.dataset.searchWorker',
				'the worker',
			),
			LOGO,
			() => EMPTY_IMAGE,
			'the logo',
		),
	);
}

function swaggerUi() {
	const from = join(modules, 'swagger-ui-dist');
	write('swagger-ui.js', withoutSourceMap(read(from, 'swagger-ui-bundle.js')));
	write('swagger-ui.css', withoutSourceMap(read(from, 'swagger-ui.css')));
}

// The licences of both packages and of what their bundles contain.
function licenses() {
	const files = [
		['swagger-ui-dist', 'NOTICE'],
		['swagger-ui-dist', 'LICENSE'],
		['swagger-ui-dist', 'swagger-ui-bundle.js.LICENSE.txt'],
		['redoc', 'LICENSE'],
		...readdirSync(join(modules, 'redoc', 'bundles'))
			.filter((name) => /^(redoc\.standalone|.*\.worker)\.js\.LICENSE\.txt$/.test(name))
			.map((name) => ['redoc', join('bundles', name)]),
	];
	const parts = files.map(([name, file]) => {
		const { version } = JSON.parse(read(modules, name, 'package.json'));
		return `${name} ${version}: ${basename(file)}\n\n${read(modules, name, file).trim()}\n`;
	});
	write('licenses.txt', parts.join(`\n${'-'.repeat(78)}\n\n`));
}

mkdirSync(output, { recursive: true });
swaggerUi();
redoc();
licenses();
for (const name of readdirSync(join(here, 'src'))) write(name, read(here, 'src', name));
