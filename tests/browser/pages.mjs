// pages.mjs BINNACLE: the pages of `binnacle dev` in Chromium.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { startDev } from '../support/dev_server.mjs';
import { execute, openPage, startBrowser } from './browser.mjs';

const PATHS = ['/', '/docs', '/redoc', '/asyncapi', '/problems', '/problems/validation-failed', '/dev'];
const ME = '/me'; // part of the path of get_me
const SHOWN = { '/docs': '.opblock', '/redoc': '[data-section-id]' };
const SCREENS = [
	{ viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
	{ viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
];

let server, browser;

before(async () => {
	server = await startDev();
	browser = await startBrowser();
});

after(async () => {
	await browser?.close();
	await server?.stop();
});

// Runs the steps in a page; fails if the page has errors other than the expected ones.
async function inPage(path, steps, { options = {}, expected = [] } = {}) {
	const context = await browser.newContext(options);
	const { page, complaints } = await openPage(context, [server.origin]);

	await page.goto(`${server.origin}${path}`);
	await page.waitForSelector(SHOWN[path] ?? 'h1');
	await steps(page);
	await context.close();
	assert.deepEqual(
		complaints.filter((each) => !expected.some((text) => each.includes(text))),
		[],
	);
}

for (const path of PATHS) {
	for (const options of SCREENS) {
		test(`${path} works on a screen of ${options.viewport.width} pixels, ${options.colorScheme}`, () =>
			inPage(
				path,
				async (page) => {
					const width = await page.evaluate(() => document.documentElement.scrollWidth);
					assert.ok(width <= options.viewport.width, `the page is ${width} pixels wide`);
					assert.equal(await page.locator('header.bar nav a').count(), 5);
				},
				{ options },
			));
	}
}

test('a demo user is chosen for each operation', () =>
	inPage('/docs', async (page) => {
		assert.equal(await execute(page, ME, 'get_me'), '200');
		assert.match(await page.locator('#demo-status').innerText(), /^Sent as /);
		assert.equal(await execute(page, '/api/v1/logs', 'list_logs'), '200');
	}));

test('a demo user is authorized', () =>
	inPage('/docs', async (page) => {
		await page.selectOption('#demo-user', 'rosa.brandt@marina.example');
		await page.waitForFunction(
			() => document.querySelector('#demo-status').textContent === 'Authorized as Rosa Brandt, GUARD',
		);
		assert.equal(await page.locator('.auth-wrapper .authorize.locked').count(), 1);
		assert.equal(await execute(page, ME, 'get_me'), '200');
		assert.match(await page.locator('[id$="-get_me"]').innerText(), /rosa\.brandt@marina\.example/);
	}));

test('nobody is authorized', () =>
	inPage(
		'/docs',
		async (page) => {
			await page.selectOption('#demo-user', 'rosa.brandt@marina.example');
			await page.waitForSelector('.auth-wrapper .authorize.locked');
			await page.selectOption('#demo-user', '');
			await page.waitForSelector('.auth-wrapper .authorize.unlocked');
			assert.equal(await execute(page, ME, 'get_me'), '401');
		},
		{ expected: ['the server responded with a status of 401'] },
	));

test('a bearer token is entered', () =>
	inPage(
		'/docs',
		async (page) => {
			await page.selectOption('#demo-user', '');
			await page.click('.auth-wrapper .authorize');
			await page
				.locator('.auth-container', { hasText: 'http, Bearer' })
				.locator('input')
				.fill('not.a.token');
			await page
				.locator('.auth-container', { hasText: 'http, Bearer' })
				.locator('.authorize')
				.click();
			await page.click('.btn-done');
			assert.equal(await execute(page, ME, 'get_me'), '401');
			assert.match(await page.locator('[id$="-get_me"]').innerText(), /TOKEN_MALFORMED/);
		},
		{ expected: ['the server responded with a status of 401'] },
	));

test('operations are filtered', () =>
	inPage('/docs', async (page) => {
		await page.fill('.operation-filter-input', 'Vehicles');
		await page.waitForFunction(() => document.querySelectorAll('.opblock-tag-section').length === 1);
	}));

test('the reference is searched', () =>
	inPage('/redoc', async (page) => {
		await page.fill('input[type=text]', 'timesheet');
		await page.waitForSelector('[role=search] [role=menuitem]');
	}));

test('a token is copied', () =>
	inPage(
		'/dev',
		async (page) => {
			await page.click('[data-who="rosa.brandt@marina.example"]');
			await page.waitForFunction(() =>
				document.querySelector('#copied').textContent.startsWith('Copied'),
			);
			assert.equal((await page.evaluate(() => navigator.clipboard.readText())).split('.').length, 3);
		},
		{ options: { permissions: ['clipboard-read', 'clipboard-write'] } },
	));

test('a page of another origin gets no token', async () => {
	const other = createServer((_, response) =>
		response.setHeader('Content-Type', 'text/html').end('<title>Other</title>'),
	);
	await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
	const page = await browser.newPage();
	await page.goto(`http://127.0.0.1:${other.address().port}`);
	for (const mode of ['cors', 'no-cors']) {
		const got = await page.evaluate(
			([url, mode]) =>
				fetch(url, {
					method: 'POST',
					mode,
					body: '{"who":"guard"}',
					headers: {
						'Content-Type': mode === 'cors' ? 'application/json' : 'text/plain',
					},
				}).then(
					(response) => response.text(),
					() => 'rejected',
				),
			[`${server.origin}/dev/token`, mode],
		);
		assert.doesNotMatch(got, /eyJ/);
	}
	await page.close();
	other.closeAllConnections?.();
	other.close();
});
