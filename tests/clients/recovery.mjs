// recovery.mjs: many clients of all kinds, and writers that cause events for them.
//
// The parent process sends commands, one JSON line each, and gets one JSON line back per
// command: {"open": …} connects the clients, {"phase": "…"} names what is going on for error
// messages, {"cut": n}, {"stall": n} and {"blackhole": n} disturb connections, {"write": true}
// and {"stop": true} start and stop the writers, {"compare": "file"} compares the events that
// were received with those that were published, {"epoch": "id"} waits until every client has
// seen the new epoch, and {"close": true} closes the clients.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import * as browser from './event_source.mjs';
import * as centrifuge from './centrifuge.mjs';
import * as events from './sse.mjs';
import * as plain from './plain_ws.mjs';
import { DeliveryLog, state } from './delivery_log.mjs';
import { startIssuer } from './issuer.mjs';
import { startProxy } from './faulty_proxy.mjs';
import { Writers } from './writers.mjs';

const TRANSPORTS = ['websocket', 'http_stream', 'sse', 'plain', 'events', 'browser'];

const issuer = await startIssuer();
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
let random, proxies, startWriters, writers, clients = [];

// A random number generator that gives the same sequence for the same seed.
function generator(seed) {
	return () => {
		seed = (seed + 0x6d2b79f5) | 0;
		let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

function openClient(i, { notes, users, channelsPerClient, tokenSeconds }) {
	const transport = TRANSPORTS[i % TRANSPORTS.length];
	const process = Math.floor(i / TRANSPORTS.length) % proxies.length;
	const { id, subject } = users[i % users.length];
	const channels = [...notes].sort(() => random() - 0.5).slice(0, channelsPerClient).map((note) => `note:${note.id}`);
	const user = {
		ownChannel: `user:${id}`,
		channels,
		// Tokens last a little longer than the interval at which the server checks them.
		token: () => issuer.token(subject, tokenSeconds + Math.floor(random() * tokenSeconds)),
		emulationPort: proxies[Math.floor(random() * proxies.length)].port,
		expiredToken: random() < 0.5 ? issuer.token(subject, -60) : undefined,
	};
	const log = new DeliveryLog(`${transport} client ${i} of process ${'AB'[process]}`);
	const { port } = proxies[process];

	const client = { plain, events, browser }[transport]?.subscribe(port, user, log)
		?? centrifuge.subscribe(transport, port, user, log);
	return { user, log, ...client };
}

async function until(seconds, condition) {
	for (const end = Date.now() + seconds * 1000; Date.now() < end; await wait(50)) {
		if (condition())
			return true;
	}
	return condition();
}

const commands = {
	async open(options) {
		random = generator(options.seed);
		proxies = await Promise.all(options.ports.map((port) => startProxy(port, random)));
		for (let i = 0; i < options.clients; i++)
			clients.push(openClient(i, options));
		const missing = () => clients.filter(({ user, log, startsUnknown }) =>
			!startsUnknown && !user.channels.every((channel) => log.position(channel)));
		await until(30, () => missing().length === 0);
		startWriters = () => new Writers({
			ports: proxies.map((proxy) => proxy.port), notes: options.notes, users: options.users,
			token: issuer.token, random, count: options.writers, rate: options.rate,
		});
		return { missing: missing().map(({ log }) => log.name) };
	},
	async phase(name) {
		state.phase = name;
		return {};
	},
	async cut(count) {
		proxies.forEach((proxy) => proxy.cut(count));
		return {};
	},
	async stall(count) {
		proxies.forEach((proxy) => proxy.stall(count, 2500));
		return {};
	},
	async blackhole(count) {
		proxies.forEach((proxy) => proxy.blackhole(count, 15000));
		return {};
	},
	async write() {
		writers = startWriters();
		return {};
	},
	async stop() {
		return writers.stop();
	},
	// Without an id: the epoch is about to change. With an id: waits until every client has it.
	async epoch(id) {
		state.epochChanged = true;
		return { noticed: !id || await until(30, () => clients.every(({ log }) => log.hasEpoch(id))) };
	},
	// The file has the published events as the database has them: {channel: [event, …]}.
	async compare(file) {
		const published = JSON.parse(readFileSync(file));
		await until(60, () => clients.every(({ log }) => log.missing(published) === 0));
		await wait(1000); // nothing more may arrive
		clients.forEach(({ log }) => log.compare(published));
		return {};
	},
	async close() {
		clients.forEach((client) => client.close());
		return {};
	},
};

const report = () => ({
	received: state.received, late: state.late, disconnects: state.disconnects, resumed: state.resumed,
	errors: state.errors.length, first: state.errors.slice(0, 8),
});

console.log(JSON.stringify({ issuer: issuer.url }));
for await (const line of createInterface({ input: process.stdin })) {
	const [[name, argument]] = Object.entries(JSON.parse(line));
	console.log(JSON.stringify({ ...await commands[name](argument), ...report() }));
}
process.exit(0);
