// client.test.mjs: the client against a server, in Node.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { createBinnacle, isProblem, memoryStore, ProblemError, unwrap } from '../dist/index.js';
import { startProxy } from './proxy.mjs';
import { Server } from './server.mjs';

const LOCATION = '01900000-0000-7000-8000-000000000001';
const log = (title) => ({ type: 'PATROL', title, description: 'Walked the docks.', location_id: LOCATION });
const fast = { maxDelay: 1200 };

let server;
const clients = [];

before(async () => {
	server = await Server.start();
});
after(async () => {
	clients.forEach((client) => client.close());
	await server?.stop();
});

function connect(options = {}) {
	const client = createBinnacle({
		baseUrl: server.url,
		getToken: () => server.token('guard'),
		live: { websocket: WebSocket, minReconnectDelay: 20 },
		...options,
	});
	clients.push(client);
	return client;
}

const titles = async (api) => unwrap(await api.GET('/api/v1/me/notes', { params: { query: { limit: 500 } } }))
	.map((note) => note.title);

// Resolves with the first event for which `wanted` is true.
const eventOf = (client, channel, wanted) => new Promise((resolve, reject) => {
	const stop = client.live.subscribe(channel, {
		onEvent: (event) => wanted(event) && (stop(), resolve(event)),
		onEnd: (code, reason) => reject(new Error(`${code} ${reason}`)),
	});
});

test('lists, creates and reads', async () => {
	const { api } = connect();
	const { data, response } = await api.POST('/api/v1/logs', { body: log('Created by the client') });
	assert.equal(response.status, 201);
	assert.equal(response.headers.get('Location'), `/api/v1/logs/${data.id}`);
	const logs = unwrap(await api.GET('/api/v1/logs', { params: { query: { search: 'Created by the client' } } }));
	assert.deepEqual(logs.map(({ id }) => id), [data.id]);
	const one = unwrap(await api.GET('/api/v1/logs/{id}', { params: { path: { id: data.id } } }));
	assert.equal(one.title, 'Created by the client');
});

test('problems have a code', async () => {
	const { api } = connect();
	const id = '01900000-0000-7000-8000-ffffffffffff';
	const missing = await api.GET('/api/v1/logs/{id}', { params: { path: { id } } });
	assert.throws(() => unwrap(missing), (error) => isProblem(error, 'NOT_FOUND') && !isProblem(error, 'FORBIDDEN'));
	const invalid = await api.POST('/api/v1/logs', { body: {} });
	assert.throws(() => unwrap(invalid), (error) => error instanceof ProblemError && error.code === 'VALIDATION_FAILED'
		&& error.problem.errors.length >= 4 && error.response.status === 422);
	const anonymous = connect({ getToken: undefined });
	assert.throws(() => unwrap(invalid) && unwrap(anonymous), ProblemError);
	assert.equal((await anonymous.api.GET('/api/v1/logs')).error.code, 'UNAUTHENTICATED');
});

test('receives live events', async () => {
	const client = connect();
	const channel = `location:${LOCATION}`;
	const created = eventOf(client, channel, (event) => event.type === 'log.created' && event.data.title === 'Live');
	await new Promise((resolve) => client.live.subscribe(channel, { onEvent() {}, onLoad: resolve }));
	const { data } = await client.api.POST('/api/v1/logs', { body: log('Live') });
	const event = await created;
	assert.equal(event.data.id, data.id);
	assert.equal(event.channel, channel);
	assert.ok(event.offset >= 1);
});

test('receives events of its own user, and those missed while disconnected', async () => {
	const client = connect();
	const me = unwrap(await client.api.GET('/api/v1/me'));
	const received = [], loads = [];
	const loaded = new Promise((resolve) => client.live.subscribe(`user:${me.id}`, {
		onEvent: (event) => received.push(event.data.id),
		onLoad: () => resolve(loads.push(1)),
	}));
	await loaded;
	client.live.client.disconnect();
	const note = unwrap(await client.api.POST('/api/v1/me/notes', { body: { title: 'Missed', content: 'x' } }));
	client.live.client.connect();
	for (let n = 0; n < 200 && !received.includes(note.id); n++)
		await sleep(20);
	assert.ok(received.includes(note.id));
	assert.equal(loads.length, 1); // it recovered
});

test('reports a subscription that is not permitted', async () => {
	await assert.rejects(eventOf(connect(), 'duty', () => true), /103 permission denied/);
});

test('renews its token before it expires, once for all requests', async () => {
	let tokens = 0;
	const { api } = connect({ getToken: () => (tokens++, server.token('guard', 2)) });
	await Promise.all([1, 2, 3, 4].map(() => api.GET('/api/v1/me')));
	assert.equal(tokens, 1);
	await sleep(1700); // a fifth of its lifetime before the end
	const responses = await Promise.all([1, 2, 3, 4].map(() => api.GET('/api/v1/me')));
	assert.deepEqual(responses.map(({ response }) => response.status), [200, 200, 200, 200]);
	assert.equal(tokens, 2);
});

test('renews a token that the server rejects as expired, once', async () => {
	const now = Date.now;
	const expired = await server.token('guard', 3600, 'expired');
	const given = [];
	Date.now = () => now() - 24 * 3_600_000; // the clock of the client is wrong
	try {
		const renewed = connect({ getToken: async () => given[given.push(given.length ? await server.token('guard') : expired) - 1] });
		assert.equal((await renewed.api.GET('/api/v1/me')).response.status, 200);
		assert.equal(given.length, 2);
		const always = connect({ getToken: async () => given[given.push(expired) - 1] });
		assert.equal((await always.api.GET('/api/v1/me')).error.code, 'TOKEN_EXPIRED');
		assert.equal(given.length, 4);
	} finally {
		Date.now = now;
	}
});

test('creates once even if connections are cut', async () => {
	let sent = 0;
	const fates = ['lose response', 'lose request', 'lose response', undefined];
	const proxy = await startProxy(server.port, ({ method }) => (method === 'POST' ? fates[sent++] : undefined));
	try {
		const { api } = connect({ baseUrl: proxy.url, retry: fast });
		const { response } = await api.POST('/api/v1/me/notes', { body: { title: 'Cut', content: 'x' } });
		assert.equal(response.status, 201);
		assert.equal(response.headers.get('Idempotent-Replayed'), 'true');
		assert.equal(sent, 4);
		assert.equal((await titles(api)).filter((title) => title === 'Cut').length, 1);
	} finally {
		proxy.close();
	}
});

test('does not repeat a PATCH whose outcome is unknown', async () => {
	let sent = 0;
	const proxy = await startProxy(server.port, ({ method }) => (method === 'PATCH' && sent++ >= 0 ? 'lose response' : undefined));
	try {
		const { api } = connect({ baseUrl: proxy.url, retry: fast });
		await assert.rejects(api.PATCH('/api/v1/me', { body: { city: 'Harbour' } }), TypeError);
		assert.equal(sent, 1);
	} finally {
		proxy.close();
	}
});

test('an aborted request is not retried', async () => {
	const proxy = await startProxy(server.port, () => 'lose request');
	try {
		const { api } = connect({ baseUrl: proxy.url });
		const began = Date.now();
		const signal = AbortSignal.timeout(200);
		await assert.rejects(api.GET('/api/v1/me', { signal }), { name: 'TimeoutError' });
		assert.ok(Date.now() - began < 2000);
	} finally {
		proxy.close();
	}
});

test('the outbox reports entries that the server rejects, and continues', async () => {
	const sent = [], conflicts = [];
	const { api, outbox } = connect({
		outbox: {
			maxEntries: 3,
			onSent: (entry, data) => sent.push(data.title),
			onConflict: (entry, conflict) => conflicts.push(conflict.code),
		},
	});
	await outbox.add('/api/v1/me/notes', { body: { title: 'First', content: 'x' } });
	await outbox.add('/api/v1/me/notes', { body: { title: '' } });
	await outbox.add('/api/v1/me/notes', { body: { title: 'Last', content: 'x' } });
	await outbox.flush();
	await sleep(0);
	assert.deepEqual(sent, ['First', 'Last']);
	assert.deepEqual(conflicts, ['VALIDATION_FAILED']);
	assert.deepEqual(await outbox.pending(), []);
	assert.ok((await titles(api)).includes('Last'));
});

test('the outbox is bounded, and gives up entries that are too old', async () => {
	const store = memoryStore(), conflicts = [];
	const day = 24 * 3_600_000;
	await store.put({ id: '0', path: '/api/v1/me/notes', init: { body: { title: 'Old' } }, sentAt: Date.now() - day });
	const { outbox } = connect({
		baseUrl: 'http://127.0.0.1:9', // nothing listens
		retry: { attempts: 1 },
		outbox: { store, maxEntries: 2, onConflict: (entry, conflict) => conflicts.push(conflict) },
	});
	await outbox.flush();
	const note = { body: { title: 'x', content: 'x' } };
	await outbox.add('/api/v1/me/notes', note);
	await outbox.add('/api/v1/me/notes', note);
	await assert.rejects(outbox.add('/api/v1/me/notes', note), { name: 'OutboxFullError' });
	assert.deepEqual(conflicts, ['OUTCOME_UNKNOWN']);
	assert.equal((await outbox.pending()).length, 2);
});
