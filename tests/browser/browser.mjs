// browser.mjs: starts a server, and opens its pages in Chromium.

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SKIPPED = 77; // for meson
const START_MS = 60_000;
const PAGE_MS = 90_000; // on a machine that runs other tests, too

const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
const contract = createRequire(new URL('../contract/', import.meta.url));
const docsUi = new URL('../../subprojects/docs-ui/node_modules/.package-lock.json', import.meta.url);

function skip(why) {
	console.log(`skipped: ${why}`);
	process.exit(SKIPPED);
}

if (!executablePath) skip('Chromium is not installed');
if (!existsSync(docsUi)) skip('run `npm ci` in subprojects/docs-ui, or `./dev test`');
const { chromium } = await import(contract.resolve('playwright-core')).then(
	(module) => module.default,
	() => skip('run `npm ci` in tests/contract, or `./dev test`'),
);

// Starts `binnacle dev` or `serve` on a free port; `until` is what it prints when it is ready, with
// the port. Another process may take the port before it listens: then it is started again.
export async function startServer(args, until, environment = {}, attempts = 3) {
	const directory = mkdtempSync(join(tmpdir(), 'binnacle-browser-'));
	chmodSync(directory, 0o711); // PostgreSQL runs as another user than root
	const child = spawn(process.argv[2], [...args, '--data', join(directory, 'data'), '--port', '0'], {
		env: { ...process.env, ...environment },
	});
	const ended = new Promise((resolve) => child.once('exit', resolve));
	const stop = async () => {
		child.kill('SIGTERM');
		await ended;
		rmSync(directory, { recursive: true, force: true });
	};
	let output = '';
	const port = await new Promise((resolve) => {
		const read = (bytes) => {
			output += bytes;
			const match = output.match(until);
			if (match) resolve(match[1]);
		};
		child.stdout.on('data', read);
		child.stderr.on('data', read);
		ended.then(() => resolve());
		setTimeout(resolve, START_MS).unref();
	});
	if (port) return { origin: `http://127.0.0.1:${port}`, stop };
	await stop();
	if (attempts > 1 && output.includes('Address already in use'))
		return startServer(args, until, environment, attempts - 1);
	throw new Error(`the server is not ready: ${output}`);
}

export const startBrowser = () => chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });

// Opens a page. Returns it with the list of its errors: those in the console, violations of its
// Content-Security-Policy, and requests to origins that are not listed.
export async function openPage(context, origins) {
	const page = await context.newPage(),
		complaints = [];
	const complain = (text) => complaints.push(text);

	page.setDefaultTimeout(PAGE_MS);
	await page.exposeFunction('complain', complain);
	await page.addInitScript(() =>
		addEventListener('securitypolicyviolation', (event) =>
			complain(`forbidden by the policy: ${event.violatedDirective} ${event.blockedURI}`),
		),
	);
	page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complain(message.text()));
	page.on('pageerror', (error) => complain(error.message));
	page.on('request', (request) => {
		const url = new URL(request.url());
		if (url.protocol !== 'data:' && !origins.includes(url.origin)) complain(`request to ${url.origin}`);
	});
	return { page, complaints };
}

// Sends the request of an operation in Swagger UI as its form stands. Returns the status. Only the
// operations on the screen are rendered, so the others are filtered out by their path.
export async function execute(page, path, operation) {
	const block = page.locator(`[id$="-${operation}"]`);
	await page.fill('.operation-filter-input', path);
	await page.waitForFunction(
		(part) =>
			[...document.querySelectorAll('.opblock-summary-path')].every(({ dataset }) =>
				dataset.path.includes(part),
			),
		path,
	);
	await block.waitFor();
	if (!(await block.locator('.execute').count())) await block.locator('.opblock-summary-control').click();
	const clear = block.locator('.btn-clear');
	if (await clear.count()) await clear.click();
	await block.locator('.execute').click();
	return await block.locator('.live-responses-table tbody .response-col_status').first().innerText();
}
