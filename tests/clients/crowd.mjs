// crowd.mjs: a crowd of clients, and those who give them something to hear.
//
// Whoever starts it says what shall happen, a line of JSON each, and gets a line back when it
// has: {"open": …} lets the clients in, {"phase": "…"} says what is going on, {"cut": n},
// {"stall": n} and {"hush": n} mistreat their links, {"write": true} and {"stop": true} begin and
// end the writing, {"compare": "file"} holds what was heard against what was told, and
// {"another": "epoch"} waits until nobody is in an older one.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import * as browser from './browser.mjs';
import * as centrifuge from './centrifuge.mjs';
import * as events from './events.mjs';
import * as plain from './plain.mjs';
import { Ledger, scene } from './ledger.mjs';
import { openIssuer } from './issuer.mjs';
import { openDoor } from './links.mjs';
import { Writers } from './writers.mjs';

const TRANSPORTS = ['websocket', 'http_stream', 'sse', 'plain', 'events', 'browser'];

const issuer = await openIssuer();
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
let random, doors, begin, writers, clients = [];

// The same numbers for the same seed.
function numbers(seed) {
	return () => {
		seed = (seed + 0x6d2b79f5) | 0;
		let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

function listener(i, { notes, people, each, seconds }) {
	const transport = TRANSPORTS[i % TRANSPORTS.length];
	const process = Math.floor(i / TRANSPORTS.length) % doors.length;
	const person = people[i % people.length];
	const channels = [...notes].sort(() => random() - 0.5).slice(0, each).map((note) => `note:${note.id}`);
	const who = {
		own: `user:${person.id}`,
		channels,
		// Each lasts a little longer than the beat at which it is looked at.
		token: () => issuer.token(person.subject, seconds + Math.floor(random() * seconds)),
		speaksTo: doors[Math.floor(random() * doors.length)].port,
		stale: random() < 0.5 ? issuer.token(person.subject, -60) : undefined,
	};
	const ledger = new Ledger(`${transport} client ${i} of process ${'AB'[process]}`);
	const { port } = doors[process];

	const client = { plain, events, browser }[transport]?.listen(port, who, ledger)
		?? centrifuge.listen(transport, port, who, ledger);
	return { who, ledger, ...client };
}

async function until(seconds, holds) {
	for (const end = Date.now() + seconds * 1000; Date.now() < end; await wait(50)) {
		if (holds())
			return true;
	}
	return holds();
}

const on = {
	async open(given) {
		random = numbers(given.seed);
		doors = await Promise.all(given.ports.map((port) => openDoor(port, random)));
		for (let i = 0; i < given.listeners; i++)
			clients.push(listener(i, given));
		const missing = () => clients.filter(({ who, ledger, quiet }) => !quiet && !who.channels.every((c) => ledger.place(c)));
		await until(30, () => missing().length === 0);
		begin = () => new Writers({
			ports: doors.map((door) => door.port), notes: given.notes, people: given.people,
			token: issuer.token, random, many: given.writers, pace: given.pace,
		});
		return { missing: missing().map(({ ledger }) => ledger.name) };
	},
	async phase(name) {
		scene.phase = name;
		return {};
	},
	async cut(many) {
		doors.forEach((door) => door.cut(many));
		return {};
	},
	async stall(many) {
		doors.forEach((door) => door.stall(many, 2500));
		return {};
	},
	async hush(many) {
		doors.forEach((door) => door.hush(many, 15000));
		return {};
	},
	async write() {
		writers = begin();
		return {};
	},
	async stop() {
		return writers.stop();
	},
	// Everybody has noticed that the database is another one.
	async another(epoch) {
		scene.another = true;
		return { noticed: !epoch || await until(30, () => clients.every(({ ledger }) => ledger.isIn(epoch))) };
	},
	// What was told is the database's: {channel: [event, …]}.
	async compare(file) {
		const told = JSON.parse(readFileSync(file));
		await until(60, () => clients.every(({ ledger }) => ledger.behind(told) === 0));
		await wait(1000); // in which nothing more may come
		clients.forEach(({ ledger }) => ledger.compare(told));
		return {};
	},
	async leave() {
		clients.forEach((client) => client.leave());
		return {};
	},
};

const report = () => ({
	heard: scene.heard, late: scene.late, lost: scene.lost, resumed: scene.resumed, faults: scene.faults.length, first: scene.faults.slice(0, 8),
});

console.log(JSON.stringify({ issuer: issuer.url }));
for await (const line of createInterface({ input: process.stdin })) {
	const [[what, given]] = Object.entries(JSON.parse(line));
	console.log(JSON.stringify({ ...await on[what](given), ...report() }));
}
process.exit(0);
