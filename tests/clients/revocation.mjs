// revocation.mjs: a user who loses a permission receives no further events of that channel, on
// any transport.
//
// The parent process sends the ports of the two servers and the users as one JSON line. Each
// failure is printed as one line.

import { createInterface } from 'node:readline';

import * as centrifuge from './centrifuge.mjs';
import * as events from './sse.mjs';
import * as plain from './plain_ws.mjs';
import { startProxy } from './faulty_proxy.mjs';
import { startIssuer } from './issuer.mjs';
import { Recorder } from './recorder.mjs';

const TRANSPORTS = ['websocket', 'http_stream', 'sse', 'plain', 'events'];
const ROUNDS = 6;
const TIMEOUT_S = 20;

const issuer = await startIssuer();
console.log(JSON.stringify({ issuer: issuer.url }));
const { ports, users } = await new Promise((done) =>
	createInterface({ input: process.stdin }).once('line', (line) => done(JSON.parse(line))));
const proxies = await Promise.all(ports.map((port) => startProxy(port, Math.random)));
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const failures = [];

function expect(condition, text) {
	if (!condition)
		failures.push(text);
}

async function until(condition, seconds = TIMEOUT_S) {
	for (const end = Date.now() + seconds * 1000; !condition() && Date.now() < end;)
		await wait(10);
	return condition();
}

// ---- Requests ----

async function request(user, method, path, body, process = 0) {
	const response = await fetch(`http://127.0.0.1:${ports[process]}/api/v1${path}`, {
		method, body: body && JSON.stringify(body),
		headers: { 'Authorization': `Bearer ${issuer.token(user.subject, 600)}`, 'Content-Type': 'application/json' },
	});
	const text = await response.text();
	if (!response.ok)
		throw new Error(`${method} ${path}: ${response.status} ${text}`);
	return text && JSON.parse(text);
}

// ---- Subscriptions ----

// Subscribes a user (null: unauthenticated) on every transport of every process.
function everywhere(user, channels) {
	return proxies.flatMap(({ port }, process) => TRANSPORTS.map((transport) => {
		const recorder = new Recorder(`${user?.subject ?? 'unauthenticated'}, ${transport} of process ${'AB'[process]}`);
		const options = {
			ownChannel: user && `user:${user.id}`, channels, token: () => user ? issuer.token(user.subject, 600) : '',
		};
		const client = { plain, events }[transport]?.subscribe(port, options, recorder)
			?? centrifuge.subscribe(transport, port, options, recorder);
		return Object.assign(recorder, { close: client.close });
	}));
}

const subscribed = (recorders, channel) => until(() => recorders.every((r) => r.position(channel)));
const close = (recorders) => recorders.forEach((recorder) => recorder.close());

async function expectEnded(recorders, channel, seconds, reason) {
	await until(() => recorders.every((r) => r.hasEnded(channel)), seconds);
	for (const recorder of recorders)
		expect(recorder.hasEnded(channel), `${recorder.name} is still subscribed to ${channel}; expected an end: ${reason}`);
}

async function expectEvents(recorders, channel, count, what) {
	await until(() => recorders.every((r) => r.eventsOn(channel).length >= count));
	for (const recorder of recorders)
		expect(recorder.eventsOn(channel).length >= count,
			`${recorder.name} received ${recorder.eventsOn(channel).length} of ${count} events on ${channel}: ${what}`);
}

// ---- Private notes ----

async function privateNoteIsOnlyForItsOwner(owner, others) {
	const note = await request(owner, 'POST', '/me/notes', { title: 'Mine', content: 'x' });
	const channel = `note:${note.id}`;
	const ownerClients = everywhere(owner, [channel]);
	const otherClients = [...others, null].flatMap((user) => everywhere(user, [channel]));

	expect(await subscribed(ownerClients, channel), 'the owner cannot subscribe to a private note');
	await expectEnded(otherClients, channel, TIMEOUT_S, 'the note has been private from the start');
	for (let n = 0; n < 6; n++)
		await request(owner, 'POST', `/me/notes/${note.id}/comments`, { content: `private ${n}` }, n % 2);
	await expectEvents(ownerClients, channel, 6, "the owner's comments on a private note");
	for (const recorder of otherClients)
		expect(recorder.events.every((event) => event.channel !== channel), `${recorder.name} received events of a private note`);
	close(ownerClients);
	close(otherClients);
}

// A note is unpublished while many clients are subscribed, comment and reconnect.
async function noteBecomesPrivate(owner, others) {
	const note = await request(owner, 'POST', '/me/notes', { title: 'Ours', content: 'x' });
	const channel = `note:${note.id}`;
	await request(owner, 'POST', `/me/notes/${note.id}/publish`);
	const ownerClients = everywhere(owner, [channel]);
	const otherClients = [...others, null].flatMap((user) => everywhere(user, [channel]));
	let isPublic = true;

	expect(await subscribed([...ownerClients, ...otherClients], channel), 'not all clients can subscribe to a public note');
	const commenting = others.slice(0, 3).map(async (user, i) => {
		for (let n = 0; isPublic; n++)
			await request(user, 'POST', `/notes/${note.id}/comments`, { content: `public ${n}` }, i % 2).catch(() => {});
	});
	await wait(200);
	proxies.forEach((proxy) => proxy.cut(otherClients.length / 4));
	await wait(Math.random() * 400);
	await request(owner, 'POST', `/me/notes/${note.id}/unpublish`, undefined, Math.random() < 0.5 ? 0 : 1);
	for (let n = 0; n < 4; n++)
		await request(owner, 'POST', `/me/notes/${note.id}/comments`, { content: `private ${n}` }, n % 2);
	isPublic = false;
	await Promise.all(commenting);
	await expectEnded(otherClients, channel, TIMEOUT_S, 'the note was unpublished');

	const isPrivate = (event) => event.data.content?.startsWith('private');
	await until(() => ownerClients.every((r) => r.eventsOn(channel).filter(isPrivate).length >= 4));
	const unpublished = ownerClients[0].eventsOn(channel).find((event) => event.type === 'note.unpublished')?.offset;
	for (const recorder of ownerClients) {
		const received = recorder.eventsOn(channel);
		expect(received.filter(isPrivate).length === 4,
			`${recorder.name}, the owner, did not receive all events of a note that became private`);
		expect(received.every((event, i) => i === 0 || event.offset === received[i - 1].offset + 1),
			`${recorder.name} has a gap in its offsets`);
	}
	for (const recorder of otherClients) {
		const late = recorder.eventsOn(channel).filter((event) => event.offset >= unpublished);
		expect(late.length === 0, `${recorder.name} received ${late.length} events of a note after it became private`);
	}
	close(ownerClients);
	close(otherClients);
}

// ---- Users who lose their role ----

async function archivedUserIsDisconnected(admin, user, friend) {
	const channels = ['org', 'duty'];
	const userClients = everywhere(user, channels), friendClients = everywhere(friend, channels);

	expect(await subscribed([...userClients, ...friendClients], 'org'), 'not all clients can subscribe to org');
	await request(admin, 'POST', `/users/${user.id}/archive`);
	await expectEnded(userClients, 'all', 5, 'the user was archived');
	const before = userClients.map((recorder) => recorder.events.length);
	await request(friend, 'POST', '/duty-sessions', {}, 1);
	await expectEvents(friendClients, 'duty', 1, 'other users still receive duty events');
	userClients.forEach((recorder, i) => expect(recorder.events.length === before[i],
		`${recorder.name} received events after the user was archived`));
	close(userClients);
	close(friendClients);
}

async function demotedUserKeepsOtherChannels(admin, user, friend) {
	const dutyClients = everywhere(user, ['duty']), allClients = everywhere(user, ['all']);
	const friendClients = everywhere(friend, ['duty']);
	const ownChannel = `user:${user.id}`;
	const hasOwnEvent = (recorder) => recorder.eventsOn(ownChannel).some((event) => event.type === 'note.created');

	expect(await subscribed([...dutyClients, ...friendClients], 'duty'), 'not all clients can subscribe to duty');
	expect(await subscribed(allClients, ownChannel), 'the user is not subscribed to their own channel');
	await request(admin, 'PATCH', `/users/${user.id}/role`, { role: 'GUARD' }, 1);
	await expectEnded(dutyClients, 'duty', 5, 'the user is only a GUARD now');
	const session = await request(friend, 'GET', '/duty-sessions/active');
	await request(friend, 'POST', `/duty-sessions/${session.id}/clock-out`, undefined, 1);
	await request(user, 'POST', '/me/notes', { content: 'Their own' });
	await expectEvents(friendClients, 'duty', 1, 'other users still receive duty events');
	// An event stream ends as a whole when it loses one channel; this client does not reconnect.
	const remaining = [...dutyClients.filter((recorder) => !recorder.endings.has('all')), ...allClients];
	expect(remaining.length === 18, `${20 - remaining.length} clients of the user were disconnected; expected 2`);
	await until(() => remaining.every(hasOwnEvent));
	for (const recorder of remaining)
		expect(hasOwnEvent(recorder), `${recorder.name} received no event on the user's own channel`);
	for (const recorder of dutyClients)
		expect(recorder.eventsOn('duty').length === 0, `${recorder.name} received duty events as a GUARD`);
	[dutyClients, allClients, friendClients].forEach(close);
}

const [owner, admin, first, second, friend, ...others] = users;
await privateNoteIsOnlyForItsOwner(owner, others.slice(0, 1));
for (let round = 0; round < ROUNDS; round++)
	await noteBecomesPrivate(owner, others);
await archivedUserIsDisconnected(admin, first, friend);
await demotedUserKeepsOtherChannels(admin, second, friend);
failures.slice(0, 20).forEach((text) => console.log(text));
process.exit(failures.length ? 1 : 0);
