// generated.mjs: random requests to each operation are answered as the API description says.
//
//     node generated.mjs BINNACLE
//
// SEED=N repeats the requests of an earlier run, except for the IDs that the server generates;
// REQUESTS=N sends so many. They go to `binnacle dev` with tokens of all roles; a third of them have
// a fault. No answer may be a 5xx, or one that is not described. A valid request may be refused only
// for a reason that a schema cannot express: see RULES. The requests of a batch are sent on the data
// that the first one found.

import { existsSync } from 'node:fs';
import { restoreData, saveData, startDev } from '../support/dev_server.mjs';

const AT_ONCE = 6;
const BATCH = 500;
const FAULTY = 1 / 3;
const MOST_KNOWN = 50; // IDs of a kind
const MAX_SHOWN = 60; // kinds of violations
const ANSWER_MS = 60_000;
const BY_A_RULE = [400, 413, 414, 415, 422]; // refusals because of what was sent

if (!existsSync(new URL('node_modules/ajv-formats', import.meta.url))) {
	console.log('skipped: needs npm packages, which ./dev test --long installs');
	process.exit(77);
}
const { Contract } = await import('./contract.mjs');
const { RandomRequests, targetOf } = await import('./random_requests.mjs');
const { Random } = await import('./random_values.mjs');

// What a valid request may be refused for, and where: reasons that a schema cannot express.
const RULES = [
	// A cursor is valid only for the list and the filters that it was issued for.
	[/^BAD_CURSOR/],
	// The size of the whole request.
	[/^(BODY_TOO_LARGE|URI_TOO_LONG)$/],
	// Two parameters or members exclude or require each other.
	[/^VALIDATION_FAILED conflict$/, /^(skip|with_user_id|\/reply_to_id)$/],
	[/^VALIDATION_FAILED required$/, /^\/expires_at$/],
	// Two kinds of changes share a body: a check of an item, and a change of the item itself.
	[/^VALIDATION_FAILED (conflict|required)$/, /^\/(name|description|order|is_active|checked|duty_session_id)$/],
	// Objects are unique by one of their members.
	[/^VALIDATION_FAILED duplicate$/, /^\/items\/\*\/(item_)?id$/],
	// Depends on the calendar.
	[/^NOT_A_SUNDAY invalid$/, /week_start_date$/],
	[/^VALIDATION_FAILED out_of_range$/, /^\/(year|recorded_at|incident_time)$/],
	// One time must be after another one, which may be stored.
	[
		/^(END_BEFORE_START|VALIDATION_FAILED) out_of_range$/,
		/^\/(end_time|end_date|clock_out_time|clock_out|expires_at)$/,
	],
	// Depends on what is stored.
	[/^MILEAGE_DECREASED out_of_range$/, /mileage$/],
	[/^VALIDATION_FAILED invalid$/, /^\/(supervisor_assigned_id|log_id)$/],
	[/^VALIDATION_FAILED required$/, /^\/reason$/],
	[/^SIGNER(S_NOT_DISTINCT|_NOT_ELIGIBLE) invalid$/, /^\/(guard|supervisor)_assigned_id$/],
	[/^TITLE_REQUIRED invalid$/, /^id$/],
	[/^NOT_AN_INCIDENT invalid$/, /^(\/log_id|id)$/],
	[/^ENTRY_OUTSIDE_WEEK out_of_range$/, /^\/clock_(in|out)$/],
	// Depends on the caller.
	[/^LOCATION_REQUIRED required$/, /^\/location_id$/],
	[/^VALIDATION_FAILED invalid$/, /^\/email$/],
];

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env.REQUESTS ?? 20_000);
const server = await startDev();

// Event streams do not end, so their content is not read.
async function call(method, target, headers = {}, body = undefined, isStream = false) {
	const signal = AbortSignal.timeout(ANSWER_MS);
	const response = await fetch(server.origin + target, { method, headers, body, redirect: 'manual', signal });
	const isEndless = isStream && response.status === 200;
	if (isEndless) await response.body.cancel();
	return {
		status: response.status,
		type: response.headers.get('content-type'),
		link: response.headers.get('link'),
		body: isEndless ? '' : await response.text(),
		isEndless,
	};
}

// ---- What the requests need to know ----

async function tokensOf(roles) {
	const tokens = new Map();
	for (const who of roles) {
		const answer = await call(
			'POST',
			'/dev/token',
			{ 'Content-Type': 'application/json' },
			JSON.stringify({ who }),
		);
		tokens.set(who, JSON.parse(answer.body).token);
	}
	return tokens;
}

function learnOne(known, name, value) {
	const values = known.get(name) ?? [];
	if (typeof value === 'string' && values.length < MOST_KNOWN && !values.includes(value)) values.push(value);
	known.set(name, values);
}

// Remembers the values of members such as `location_id`, and the IDs in a collection.
function learn(known, path, value) {
	if (Array.isArray(value)) value.forEach((item) => learn(known, path, item));
	else if (value && typeof value === 'object') {
		for (const [name, member] of Object.entries(value)) {
			if (name === 'id') learnOne(known, path, member);
			if (name.endsWith('_id')) learnOne(known, name, member);
			learn(known, `${path}/${name}`, member);
		}
	}
}

function learnFrom(known, { path }, { status, body, link }) {
	if (status >= 300 || !body.match(/^[[{]/)) return;
	learn(known, path.split('/{')[0], JSON.parse(body));
	const cursor = link?.match(/[?&]cursor=([^&>]+)/)?.[1];
	if (cursor) learnOne(known, `${path.split('/{')[0]}?cursor`, decodeURIComponent(cursor));
}

async function knownAtFirst(contract, token) {
	const known = new Map();
	for (const operation of contract.operations) {
		if (operation.method === 'GET' && !operation.path.includes('{') && operation.path.startsWith('/api/'))
			learnFrom(
				known,
				operation,
				await call('GET', `${operation.path}?limit=20`, { Authorization: `Bearer ${token}` }),
			);
	}
	return known;
}

// ---- Requests ----

// Most often the role that is required or a higher one, as the example's user if it has one.
function senderOf(random, { row }, roles) {
	const required = roles.indexOf(row['x-required-role']);
	if (required < 0 || random.chance(0.2)) return random.pick([...roles, undefined]);
	return row['x-example-user'] && random.chance(0.5)
		? row['x-example-user']
		: roles[random.integer(required, roles.length - 1)];
}

function makeRequest(number, state) {
	const random = new Random(seed + number * 7919);
	const operation = state.contract.operations[number % state.contract.operations.length];
	const requests = new RandomRequests(random, state.contract, state.known);
	const request = random.chance(FAULTY) ? requests.faulty(operation) : requests.valid(operation);
	const who = senderOf(random, operation, state.roles);
	if (who && request.headers.Authorization === undefined)
		request.headers.Authorization = `Bearer ${state.tokens.get(who)}`;
	return {
		...request,
		who,
		bytes: request.bytes ?? (request.body === undefined ? undefined : JSON.stringify(request.body)),
	};
}

function isSendable({ headers }) {
	return Object.values(headers).every((value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value));
}

// ---- Checks ----

const kinds = new Map(); // a text without values → how often, an example
const tally = { valid: 0, faulty: 0, statuses: new Map(), done: new Set() };

function report(text, request, answer) {
	const { Authorization: _, ...headers } = request.headers;
	const sent = [targetOf(request), JSON.stringify(headers), String(request.bytes ?? '')];
	const example = `${sent.map((part) => part.slice(0, 400)).join(' ')} as ${request.who}\n      ${answer.body.slice(0, 700)}`;
	kinds.set(text, { example, ...kinds.get(text), count: (kinds.get(text)?.count ?? 0) + 1 });
}

// The reasons of a refusal, one for each error.
function reasonsOf({ body }) {
	const { code, errors } = JSON.parse(body);
	if (!errors) return [{ code, place: '' }];
	return errors.map(({ code: reason, pointer, parameter, header }) => ({
		code: `${code} ${reason}`,
		place: pointer?.replace(/\/\d+/g, '/*') ?? parameter ?? header ?? '',
	}));
}

const isRule = ({ code, place }) => RULES.some(([codes, places]) => codes.test(code) && (places?.test(place) ?? true));

function check(state, request, answer) {
	const { operation, isValid } = request;
	const errors = answer.isEndless
		? ''
		: state.contract.answerErrors(operation, answer.status, answer.type, answer.body);
	if (answer.status >= 500) report(`${operation.name}: ${answer.status}`, request, answer);
	if (errors) report(`${operation.name}: answer ${answer.status}: ${errors}`, request, answer);
	if (isValid && BY_A_RULE.includes(answer.status)) {
		for (const reason of reasonsOf(answer).filter((each) => !isRule(each)))
			report(
				`${operation.name}: refused though valid: ${reason.code} ${reason.place}`,
				request,
				answer,
			);
	}
	if (request.isBodyInvalid && answer.status < 300 && operation.path.startsWith('/api/'))
		report(`${operation.name}: accepted though invalid`, request, answer);
	tally[isValid ? 'valid' : 'faulty']++;
	tally.statuses.set(answer.status, (tally.statuses.get(answer.status) ?? 0) + 1);
	if (isValid && answer.status < 400) tally.done.add(operation.name);
}

// ---- Run ----

async function start() {
	const contract = new Contract(JSON.parse((await call('GET', '/openapi.json')).body));
	const roles = contract.at(['components', 'schemas', 'Role', 'enum']);
	const users = contract.operations.map(({ row }) => row['x-example-user']).filter(Boolean);
	const tokens = await tokensOf([...roles, ...users]);
	const known = await knownAtFirst(contract, tokens.get('SUPER_ADMIN'));
	await saveData(server);
	return { contract, roles, tokens, knownAtFirst: known };
}

async function runBatch(state, first, end) {
	let next = first;
	state.known = structuredClone(state.knownAtFirst);
	const workers = Array.from({ length: AT_ONCE }, async () => {
		while (next < end) {
			const request = makeRequest(next++, state);
			if (!isSendable(request)) continue;
			const { method, row } = request.operation;
			const answer = await call(
				method,
				targetOf(request),
				request.headers,
				method === 'GET' ? undefined : request.bytes,
				row.tags.includes('Event streams'),
			);
			check(state, request, answer);
			learnFrom(state.known, request.operation, answer);
		}
	});
	await Promise.all(workers);
}

function summarize(state, seconds) {
	for (const [text, { count, example }] of [...kinds].slice(0, MAX_SHOWN))
		console.log(`${text}\n    ${count} times, such as ${example}`);
	const names = state.contract.operations.map(({ name }) => name);
	console.log(`never successful: ${names.filter((name) => !tally.done.has(name)).join(', ') || 'none'}`);
	console.log(
		[...tally.statuses]
			.sort(([a], [b]) => a - b)
			.map(([status, n]) => `${status}: ${n}`)
			.join(', '),
	);
	console.log(
		`${tally.valid} valid and ${tally.faulty} faulty requests in ${seconds} s: ${kinds.size} kinds of violations`,
	);
}

try {
	const began = Date.now();
	const state = await start();
	console.log(`seed ${seed}`);
	for (let first = 0; first < count; first += BATCH) {
		if (first) await restoreData(server);
		await runBatch(state, first, Math.min(first + BATCH, count));
	}
	summarize(state, Math.round((Date.now() - began) / 1000));
} finally {
	await server.stop();
}
process.exit(kinds.size ? 1 : 0);
