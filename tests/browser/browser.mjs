// browser.mjs: starts a server, and opens its pages in Chromium.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const SKIPPED = 77; // for meson
const OPEN_MS = 3_000;
const OPEN_TRIES = 10;
const SCROLLS = 10;
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

// A path such as / leaves many operations.
async function scrollTo(page, block) {
	for (let i = 0; i < SCROLLS && !(await block.count()); i++) {
		await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
		await block.waitFor({ timeout: OPEN_MS }).catch(() => undefined);
	}
	await block.waitFor();
}

// A click is lost while the list is being filtered.
async function open(block) {
	for (let i = 0; i < OPEN_TRIES && !(await block.locator('.execute').count()); i++) {
		await block.locator('.opblock-summary-control').click();
		await block
			.locator('.execute')
			.waitFor({ timeout: OPEN_MS })
			.catch(() => undefined);
	}
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
	await scrollTo(page, block);
	await open(block);
	const clear = block.locator('.btn-clear');
	if (await clear.count()) await clear.click();
	await block.locator('.execute').click();
	return await block.locator('.live-responses-table tbody .response-col_status').first().innerText();
}

export const closeOperation = (page, operation) => page.locator(`[id$="-${operation}"] .opblock-summary-control`).click();
