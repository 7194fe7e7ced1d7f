// exactly_once.test.mjs: creations happen exactly once, even if responses are lost and the server
// is killed meanwhile. CREATIONS and KILLS set the numbers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBinnacle, memoryStore, unwrap } from '../dist/index.js';
import { startProxy } from './proxy.mjs';
import { Server } from './server.mjs';

const CREATIONS = Number(process.env.CREATIONS ?? 60);
const KILLS = Number(process.env.KILLS ?? 1);
const AT_ONCE = 16;

let server, proxy;

before(async () => {
	server = await Server.start();
	proxy = await startProxy(server.port, ({ method }) => (method === 'POST' && Math.random() < 0.5 ? 'lose response' : undefined));
});
after(async () => {
	proxy?.close();
	await server?.stop();
});

function shuffle(items) {
	for (let n = items.length - 1; n > 0; n--) {
		const other = Math.floor(Math.random() * (n + 1));
		[items[n], items[other]] = [items[other], items[n]];
	}
	return items;
}

// Kills the server KILLS times while `progress()` goes from 0 to `total`.
async function killMeanwhile(progress, total) {
	for (let kill = 1; kill <= KILLS; kill++) {
		while (progress() < (total * kill) / (KILLS + 1))
			await sleep(5);
		await server.kill();
		await server.restart();
	}
}

const getToken = () => server.token('guard');

async function createdTitles(prefix) {
	const client = createBinnacle({ baseUrl: server.url, getToken });
	const titles = [];
	for (let skip = 0; ; skip += 500) {
		const page = unwrap(await client.api.GET('/api/v1/me/notes', { params: { query: { limit: 500, skip } } }));
		titles.push(...page.map((note) => note.title).filter((title) => title?.startsWith(prefix)));
		if (page.length < 500)
			break;
	}
	client.close();
	return titles.sort();
}

const expected = (prefix) => Array.from({ length: CREATIONS }, (_, n) => `${prefix} ${n}`).sort();

test(`${CREATIONS} creations, sent three times each`, async () => {
	const token = await getToken();
	const create = (n, url) => fetch(`${url}/api/v1/me/notes`, {
		method: 'POST',
		headers: { 'Authorization': `Bearer ${token}`, 'Content-Type': 'application/json', 'Idempotency-Key': `raw-${n}` },
		body: JSON.stringify({ title: `Raw ${n}`, content: 'x' }),
	}).then((response) => (response.ok ? response.json() : undefined), () => undefined);
	const queue = shuffle(Array.from({ length: CREATIONS * 3 }, (_, n) => n % CREATIONS));
	const ids = Array.from({ length: CREATIONS }, () => new Set());
	let sent = 0, lost = 0;
	const sender = async () => {
		for (let n; (n = queue.pop()) !== undefined; sent++) {
			const created = await create(n, proxy.url);
			created ? ids[n].add(created.id) : lost++;
		}
	};
	await Promise.all([killMeanwhile(() => sent, CREATIONS * 3), ...Array.from({ length: AT_ONCE }, sender)]);
	for (let n = 0; n < CREATIONS; n++) // once more, without losses
		ids[n].add((await create(n, server.url)).id);
	assert.ok(lost > CREATIONS);
	assert.ok(ids.every((set) => set.size === 1), 'each response of a creation has the same ID');
	assert.deepEqual(await createdTitles('Raw'), expected('Raw'));
});

test(`${CREATIONS} creations by an outbox that is restarted`, async () => {
	const store = memoryStore();
	const sent = [], conflicts = [];
	const open = () => createBinnacle({
		baseUrl: proxy.url, getToken, retry: { attempts: 4, maxDelay: 20 },
		outbox: {
			store, maxEntries: CREATIONS,
			onSent: (entry, data) => sent.push(data.title), onConflict: (entry, conflict) => conflicts.push(conflict),
		},
	});
	let client = open();
	for (let n = 0; n < CREATIONS; n++)
		await client.outbox.add('/api/v1/me/notes', { body: { title: `Outbox ${n}`, content: 'x' } });
	const killing = killMeanwhile(() => sent.length, CREATIONS);
	while ((await client.outbox.pending()).length > 0) {
		await sleep(20);
		if (Math.random() < 0.3) { // the program restarts with the stored entries
			client.close();
			client = open();
		}
		await client.outbox.flush();
	}
	await killing;
	client.close();
	assert.deepEqual(conflicts, []);
	const order = [...new Set(sent)];
	assert.deepEqual(order, Array.from({ length: CREATIONS }, (_, n) => `Outbox ${n}`), 'in the order in which they were added');
	assert.deepEqual(await createdTitles('Outbox'), expected('Outbox'));
});
