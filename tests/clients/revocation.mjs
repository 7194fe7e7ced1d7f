// revocation.mjs: who may not hear something any more hears nothing of it from then on, on
// whatever he listens.
//
// It is told where the two processes are, and who there is, by a line of JSON; what is not as
// it should be is a line each.

import { createInterface } from 'node:readline';

import * as centrifuge from './centrifuge.mjs';
import * as events from './events.mjs';
import * as plain from './plain.mjs';
import { openDoor } from './links.mjs';
import { openIssuer } from './issuer.mjs';
import { Witness } from './witness.mjs';

const TRANSPORTS = ['websocket', 'http_stream', 'sse', 'plain', 'events'];
const ROUNDS = 6;
const PATIENCE_S = 20;

const issuer = await openIssuer();
console.log(JSON.stringify({ issuer: issuer.url }));
const { ports, people } = await new Promise((done) =>
	createInterface({ input: process.stdin }).once('line', (line) => done(JSON.parse(line))));
const doors = await Promise.all(ports.map((port) => openDoor(port, Math.random)));
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const faults = [];

function expect(what, text) {
	if (!what)
		faults.push(text);
}

async function until(holds, seconds = PATIENCE_S) {
	for (const end = Date.now() + seconds * 1000; !holds() && Date.now() < end;)
		await wait(10);
	return holds();
}

// ---- Asking ----

async function ask(person, method, path, body, process = 0) {
	const answer = await fetch(`http://127.0.0.1:${ports[process]}/api/v1${path}`, {
		method, body: body && JSON.stringify(body),
		headers: { 'Authorization': `Bearer ${issuer.token(person.subject, 600)}`, 'Content-Type': 'application/json' },
	});
	const text = await answer.text();
	if (!answer.ok)
		throw new Error(`${method} ${path}: ${answer.status} ${text}`);
	return text && JSON.parse(text);
}

// ---- Listening ----

// This person on every transport, and from every process. `person` may be nobody.
function everywhere(person, channels) {
	return doors.flatMap(({ port }, process) => TRANSPORTS.map((transport) => {
		const witness = new Witness(`${person?.subject ?? 'nobody'}, ${transport} of process ${'AB'[process]}`);
		const who = { own: person && `user:${person.id}`, channels, token: () => person ? issuer.token(person.subject, 600) : '' };
		const client = { plain, events }[transport]?.listen(port, who, witness)
			?? centrifuge.listen(transport, port, who, witness);
		return Object.assign(witness, { leave: client.leave });
	}));
}

const listening = (witnesses, channel) => until(() => witnesses.every((w) => w.place(channel)));
const leave = (witnesses) => witnesses.forEach((witness) => witness.leave());

async function expectEnded(witnesses, channel, seconds, what) {
	await until(() => witnesses.every((w) => w.hasEnded(channel)), seconds);
	for (const witness of witnesses)
		expect(witness.hasEnded(channel), `${witness.name} still hears ${channel}, after ${what}`);
}

async function expectHeard(witnesses, channel, least, what) {
	await until(() => witnesses.every((w) => w.heardOf(channel).length >= least));
	for (const witness of witnesses)
		expect(witness.heardOf(channel).length >= least,
			`${witness.name} heard ${witness.heardOf(channel).length} of ${least} on ${channel}: ${what}`);
}

// ---- What is private ----

async function aPrivateNoteIsForItsOwner(owner, others) {
	const note = await ask(owner, 'POST', '/me/notes', { title: 'Mine', content: 'x' });
	const channel = `note:${note.id}`;
	const mine = everywhere(owner, [channel]);
	const theirs = [...others, null].flatMap((person) => everywhere(person, [channel]));

	expect(await listening(mine, channel), 'its owner cannot hear a private note');
	await expectEnded(theirs, channel, PATIENCE_S, 'it was private from the first');
	for (let n = 0; n < 6; n++)
		await ask(owner, 'POST', `/me/notes/${note.id}/comments`, { content: `private ${n}` }, n % 2);
	await expectHeard(mine, channel, 6, 'what its owner says of a private note');
	for (const witness of theirs)
		expect(witness.heard.every((event) => event.channel !== channel), `${witness.name} heard of a private note`);
	leave(mine);
	leave(theirs);
}

// Published and made private again, while many listen, comment, and come again.
async function aNoteBecomesPrivate(owner, others) {
	const note = await ask(owner, 'POST', '/me/notes', { title: 'Ours', content: 'x' });
	const channel = `note:${note.id}`;
	await ask(owner, 'POST', `/me/notes/${note.id}/publish`);
	const mine = everywhere(owner, [channel]);
	const theirs = [...others, null].flatMap((person) => everywhere(person, [channel]));
	let until_private = true;

	expect(await listening([...mine, ...theirs], channel), 'not everybody hears a public note');
	const speaking = others.slice(0, 3).map(async (person, i) => {
		for (let n = 0; until_private; n++)
			await ask(person, 'POST', `/notes/${note.id}/comments`, { content: `public ${n}` }, i % 2).catch(() => {});
	});
	await wait(200);
	doors.forEach((door) => door.cut(theirs.length / 4));
	await wait(Math.random() * 400);
	await ask(owner, 'POST', `/me/notes/${note.id}/unpublish`, undefined, Math.random() < 0.5 ? 0 : 1);
	for (let n = 0; n < 4; n++)
		await ask(owner, 'POST', `/me/notes/${note.id}/comments`, { content: `private ${n}` }, n % 2);
	until_private = false;
	await Promise.all(speaking);
	await expectEnded(theirs, channel, PATIENCE_S, 'it was made private');
	await until(() => mine.every((w) => w.heardOf(channel).filter((event) => event.data.content?.startsWith('private')).length >= 4));
	const since = mine[0].heardOf(channel).find((event) => event.type === 'note.unpublished')?.offset;
	for (const witness of mine) {
		const heard = witness.heardOf(channel);
		expect(heard.filter((event) => event.data.content?.startsWith('private')).length === 4,
			`${witness.name}, its owner, did not hear all of a note that became private`);
		expect(heard.every((event, i) => i === 0 || event.offset === heard[i - 1].offset + 1), `${witness.name} has a hole`);
	}
	for (const witness of theirs) {
		const late = witness.heardOf(channel).filter((event) => event.offset >= since);
		expect(late.length === 0, `${witness.name} heard ${late.length} of a note that had become private`);
	}
	leave(mine);
	leave(theirs);
}

// ---- Who is no more what he was ----

async function whoIsArchivedIsOut(admin, person, friend) {
	const channels = ['org', 'duty'];
	const his = everywhere(person, channels), friends = everywhere(friend, channels);

	expect(await listening([...his, ...friends], 'org'), 'not everybody hears org');
	await ask(admin, 'POST', `/users/${person.id}/archive`);
	await expectEnded(his, 'all', 5, 'he was archived');
	const before = his.map((witness) => witness.heard.length);
	await ask(friend, 'POST', '/duty-sessions', {}, 1);
	await expectHeard(friends, 'duty', 1, 'duty goes on');
	his.forEach((witness, i) => expect(witness.heard.length === before[i], `${witness.name} is archived, and hears`));
	leave(his);
	leave(friends);
}

async function whoIsLoweredHearsWhatIsLeft(admin, person, friend) {
	const his = everywhere(person, ['duty']), own = everywhere(person, ['all']), friends = everywhere(friend, ['duty']);
	const hisOwn = `user:${person.id}`;

	expect(await listening([...his, ...friends], 'duty'), 'not everybody hears duty');
	expect(await listening(own, hisOwn), 'he does not hear what is his');
	await ask(admin, 'PATCH', `/users/${person.id}/role`, { role: 'GUARD' }, 1);
	await expectEnded(his, 'duty', 5, 'he is a guard only');
	const session = await ask(friend, 'GET', '/duty-sessions/active');
	await ask(friend, 'POST', `/duty-sessions/${session.id}/clock-out`, undefined, 1);
	await ask(person, 'POST', '/me/notes', { content: 'His own' });
	await expectHeard(friends, 'duty', 1, 'duty goes on for the others');
	// A stream of events is one thing: it ended with duty, and comes again for what is left.
	const stay = [...his.filter((witness) => !witness.ended.has('all')), ...own];
	expect(stay.length === 18, `${20 - stay.length} of his were ended altogether`);
	await until(() => stay.every((w) => w.heardOf(hisOwn).some((event) => event.type === 'note.created')));
	for (const witness of stay)
		expect(witness.heardOf(hisOwn).some((event) => event.type === 'note.created'), `${witness.name} hears nothing of his own`);
	for (const witness of his)
		expect(witness.heardOf('duty').length === 0, `${witness.name} hears duty`);
	[his, own, friends].forEach(leave);
}

const [owner, admin, first, second, friend, ...others] = people;
await aPrivateNoteIsForItsOwner(owner, others.slice(0, 1));
for (let round = 0; round < ROUNDS; round++)
	await aNoteBecomesPrivate(owner, others);
await whoIsArchivedIsOut(admin, first, friend);
await whoIsLoweredHearsWhatIsLeft(admin, second, friend);
faults.slice(0, 20).forEach((text) => console.log(text));
process.exit(faults.length ? 1 : 0);
