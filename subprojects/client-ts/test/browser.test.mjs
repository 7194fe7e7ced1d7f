// browser.test.mjs: the example page in Chromium. Skipped without Chromium or playwright-core.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBinnacle, unwrap } from '../dist/index.js';
import { serve } from '../examples/serve.mjs';
import { Server } from './server.mjs';

const chromium = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
const tools = createRequire(new URL('../../../tests/contract/', import.meta.url));
const playwright = await import(tools.resolve('playwright-core')).then((module) => module.default, () => undefined);
const skip = !chromium || !playwright;
const LOCATION = '01900000-0000-7000-8000-000000000001';

let server, site, profile, browser, page;
const complaints = [];

// Started here and not by playwright, so that it can be killed.
async function startBrowser() {
	const file = `${profile}/DevToolsActivePort`;
	let lines = [];
	await rm(file, { force: true });
	browser = spawn(chromium, [
		'--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank',
	], { stdio: 'ignore' });
	for (let n = 0; n < 1000 && lines.length < 2; n++) {
		await sleep(20);
		lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
	}
	return playwright.chromium.connectOverCDP(`ws://127.0.0.1:${lines[0]}${lines[1]}`);
}

async function killBrowser() {
	const exited = new Promise((resolve) => browser.once('exit', resolve));
	browser.kill('SIGKILL');
	await exited;
}

async function openPage(origin) {
	const [context] = (await startBrowser()).contexts();
	page = await context.newPage();
	page.on('pageerror', (error) => complaints.push(error.message));
	await page.goto(`${origin}/?server=${server.url}`);
}

const status = (text) => page.waitForFunction(
	(wanted) => document.querySelector('#status').textContent.includes(wanted), text, { timeout: 20_000 });

async function write(title) {
	await page.fill('[name=title]', title);
	await page.click('#entry button');
}

before(async () => {
	if (skip)
		return;
	site = await serve(() => server.url, 0);
	const origin = `http://127.0.0.1:${site.address().port}`;
	server = await Server.start({ CORS_ORIGIN: origin });
	profile = await mkdtemp('/tmp/bct-chromium-');
	await openPage(origin);
});
after(async () => {
	if (browser)
		await killBrowser();
	site?.close();
	await server?.stop();
	if (profile)
		await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

test('shows the logbook of a location', { skip }, async () => {
	await status('Up to date.');
	assert.ok(await page.locator('#logs li').count() > 0);
});

test('shows a log of another user as soon as it is created', { skip }, async () => {
	const { api, close } = createBinnacle({ baseUrl: server.url, getToken: () => server.token('supervisor') });
	const log = { type: 'PATROL', title: 'Seen at the gate', description: 'x', location_id: LOCATION };
	unwrap(await api.POST('/api/v1/logs', { body: log }));
	close();
	await page.locator('#logs li', { hasText: 'Seen at the gate' }).waitFor({ timeout: 5000 });
});

test('writes a log', { skip }, async () => {
	await write('From the page');
	await status('Saved.');
	await page.locator('#logs li', { hasText: 'From the page' }).waitFor({ timeout: 5000 });
});

test('keeps logs written offline, even if the browser is killed', { skip }, async () => {
	await server.kill();
	await write('Offline 1');
	await write('Offline 2');
	await status('2 waiting');
	const origin = new URL(page.url()).origin;
	await killBrowser();
	await server.restart();
	await openPage(origin);
	for (const title of ['Offline 1', 'Offline 2']) {
		await page.locator('#logs li', { hasText: title }).waitFor({ timeout: 20_000 });
		assert.equal(await page.locator('#logs li', { hasText: title }).count(), 1);
	}
	await status('Up to date.').catch(() => status('Saved.'));
});

test('no script failed', { skip }, () => assert.deepEqual(complaints, []));
