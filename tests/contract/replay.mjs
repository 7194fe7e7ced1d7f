// replay.mjs: checks recorded requests and their responses against the contract.
//
//     node replay.mjs EXCHANGES OPENAPI
//
// EXCHANGES is written by the end-to-end tests (tests/support/record.c). Each request that succeeded
// goes through Prism's validating proxy to a server that returns the recorded response, so both are
// validated. The response is also validated by ajv. Exits with 77 if nothing was recorded.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const AT_ONCE = 8;
const MAX_SHOWN = 40;
const NOT_SENT = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'date']);
const here = fileURLToPath(new URL('.', import.meta.url));
const [exchangesPath, openapiPath] = process.argv.slice(2);

if (!existsSync(exchangesPath) || !existsSync(`${here}node_modules/.bin/prism`)) {
	console.log('skipped: needs recorded exchanges and Prism; run ./dev test --long');
	process.exit(77);
}
const { Contract } = await import('./contract.mjs');
const contract = new Contract(JSON.parse(await readFile(openapiPath, 'utf8')));

// ---- Recorded exchanges ----

function parseMessage(bytes) {
	const end = bytes.indexOf('\r\n\r\n');
	const [start, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
	const headers = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);
	return { start: start.split(' '), headers: new Map(headers), body: bytes.subarray(end + 4) };
}

function* exchanges(bytes) {
	for (let at = 0; at < bytes.length;) {
		const line = bytes.indexOf('\n', at);
		const [request, answer] = bytes.subarray(at, line).toString().split(' ').map(Number);
		const middle = line + 1 + request;
		yield { request: parseMessage(bytes.subarray(line + 1, middle)), answer: parseMessage(bytes.subarray(middle, middle + answer)) };
		at = middle + answer;
	}
}

const operationOf = ({ start: [method, target] }) => contract.operationOf(method, target);

// The server also accepts lists separated by commas, and an empty object where no body is needed. The
// contract describes one form, so the request is changed to it.
function normalized(request) {
	const { parameters: declared, body } = operationOf(request);
	const [path, query] = request.start[1].split('?');
	const lists = declared.filter(({ value }) => value.schema.type === 'array').map(({ value }) => value.name);
	const parameters = [...new URLSearchParams(query)].flatMap(([name, value]) =>
		(lists.includes(name) ? value.split(',') : [value]).map((part) => [name, part]));
	return {
		...request,
		start: [request.start[0], query ? `${path}?${new URLSearchParams(parameters)}` : path],
		body: body || request.body.toString() !== '{}' ? request.body : Buffer.alloc(0),
	};
}

// Whether the contract describes the exchange. It does not describe that a 201 has no body with
// `Prefer: return=minimal`, nor the secret that a gateway adds.
function isValid({ request, answer }) {
	const status = Number(answer.start[1]);
	return status >= 200 && status < 300 && request.start[0] !== 'HEAD' && operationOf(request) !== undefined
		&& !answer.headers.has('content-encoding') && !request.headers.has('x-rapidapi-proxy-secret')
		&& !(status === 201 && answer.body.length === 0 && answer.headers.has('preference-applied'));
}

// Each different request once.
function select(bytes) {
	const selected = new Map();
	for (const { request, answer } of exchanges(bytes)) {
		if (!isValid({ request, answer }))
			continue;
		const headers = [...request.headers].filter(([name]) => name !== 'authorization' && name !== 'host');
		selected.set([...request.start, ...headers, request.body].join('\n'), { request: normalized(request), answer });
	}
	return [...selected.values()];
}

// ---- Responses: ajv ----

const answerErrors = ({ request, answer }) =>
	contract.answerErrors(operationOf(request), Number(answer.start[1]), answer.headers.get('content-type'), answer.body);

// ---- Requests and responses: Prism ----

async function freePort() {
	const server = createTcpServer().listen(0, '127.0.0.1');
	await new Promise((done) => server.once('listening', done));
	const { port } = server.address();
	await new Promise((done) => server.close(done));
	return port;
}

const isListening = (port) => new Promise((done) => {
	const socket = connect(port, '127.0.0.1', () => (socket.destroy(), done(true)));
	socket.once('error', () => done(false));
});

const sendable = (headers) => [...headers].filter(([name]) => !NOT_SENT.has(name));

// Returns the recorded response whose number is in the request.
async function startUpstream(all) {
	const upstream = createServer((request, response) => {
		const { answer } = all[Number(request.headers['x-exchange'])];
		request.resume();
		response.writeHead(Number(answer.start[1]), sendable(answer.headers));
		response.end(answer.body);
	}).listen(0, '127.0.0.1');
	await new Promise((done) => upstream.once('listening', done));
	return upstream;
}

async function startPrism(upstream) {
	const port = await freePort();
	const args = ['proxy', openapiPath, `http://127.0.0.1:${upstream.address().port}`, '--errors', '--port', port, '--host', '127.0.0.1',
		'--multiprocess', 'false', '--verboseLevel', 'fatal'];
	const prism = spawn(`${here}node_modules/.bin/prism`, args, { stdio: ['ignore', 'ignore', 'inherit'] });
	process.once('exit', () => prism.kill('SIGKILL'));
	for (let n = 0; prism.exitCode === null && n < 1200; n++) {
		if (await isListening(port))
			return `http://127.0.0.1:${port}`;
		await sleep(100);
	}
	throw new Error('Prism did not start');
}

async function prismErrors(url, { request, answer }, number) {
	const [method, target] = request.start;
	const response = await fetch(url + target, {
		method,
		headers: [...sendable(request.headers), ['X-Exchange', String(number)]],
		body: request.body.length ? request.body : undefined,
		redirect: 'manual',
	});
	const text = await response.text();
	const violations = response.headers.get('sl-violations');
	if (violations)
		return violations;
	return response.status === Number(answer.start[1]) ? '' : `${response.status} ${text}`;
}

// ---- Report ----

const all = select(await readFile(exchangesPath));
const operations = new Set(all.map(({ request }) => operationOf(request).name));
const violations = new Map(); // a text without IDs → number, an example

function report(kind, exchange, errors) {
	if (!errors)
		return;
	const text = `${kind} ${operationOf(exchange.request).name}: ${errors}`;
	const known = violations.get(text) ?? { count: 0, example: exchange.request.start[1] };
	violations.set(text, { ...known, count: known.count + 1 });
}

const url = await startPrism(await startUpstream(all));
const queue = all.map((exchange, number) => [exchange, number]);
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
	for (let next; (next = queue.pop());) {
		report('ajv', next[0], answerErrors(next[0]));
		report('Prism', next[0], await prismErrors(url, ...next));
	}
}));
for (const [text, { count, example }] of [...violations].slice(0, MAX_SHOWN))
	console.log(`${text.slice(0, 1500)}\n    ${count} times, such as ${example}`);
console.log(`${all.length} requests of ${operations.size} operations: ${violations.size} kinds of violations`);
process.exit(violations.size || !all.length ? 1 : 0);
