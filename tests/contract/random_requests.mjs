// random_requests.mjs: random requests of an operation, valid or with one fault.

import { RandomValues } from './random_values.mjs';

const TRIES = 200;
const MIDDLE = '[\\x20-\\x7e]*';
const IN_A_HEADER = new RegExp(`^[\\x21-\\x7e](${MIDDLE}[\\x21-\\x7e])?$`);
const BAD_TEXTS = [
	'',
	' ',
	'0',
	'-1',
	'1e99',
	'null',
	'%',
	'ä',
	'\u0000',
	'\uD800',
	'2026-13-01',
	'2026-11-21T05:47:00',
	'not-a-uuid',
	"' or 1=1 --",
	'a'.repeat(3000),
];
const BAD_VALUES = [
	null,
	true,
	-1,
	1e300,
	2.5,
	'',
	' ',
	'\u0000',
	'\u0007',
	[],
	[[]],
	{},
	{ a: 1 },
	'x'.repeat(30_000),
	[null],
	['', ''],
	'9999-12-31T23:59:59Z',
];
const BAD_BODIES = [
	'',
	'{',
	'null',
	'[]',
	'"x"',
	'1',
	'{"a":1,}',
	'{"a":1} x',
	'\uFEFF{}',
	`${'['.repeat(2000)}${']'.repeat(2000)}`,
	'{"a":"\\ud800"}',
	'{"a":"\\u0000"}',
	Buffer.from('{"a":"\xff"}', 'latin1'),
	'{"title":"a","title":"b"}',
	'x'.repeat(300_000),
];
const BAD_TYPES = [
	'text/plain',
	'application/xml',
	'application/x-www-form-urlencoded',
	'nonsense',
	'application/json; charset=utf-16',
];
const BAD_TOKENS = ['x', 'a.b.c', `eyJhbGciOiJub25lIn0.e30.`, 'ä'];

const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

export class RandomRequests {
	constructor(random, contract, known) {
		this.values = new RandomValues(random, contract.document, known);
		Object.assign(this, { random, contract, known });
	}

	// A value of the schema at these steps that ajv, and `isUsable`, accept.
	#valid(steps, name, isUsable = () => true) {
		for (let i = 0; i < TRIES; i++) {
			const value = this.values.of(this.contract.at(steps), name);
			if (isUsable(value) && !this.contract.errors(steps, value)) return value;
		}
		throw new Error(`no valid value found for ${name} at ${steps.join('/')}`);
	}

	#parameter({ steps, value: { name, in: place, example } }, path) {
		if (example !== undefined && this.random.chance(0.2)) return example;
		const collection = path.split('/{')[0]; // known: the IDs and the cursors of what it lists
		const known = { id: collection, cursor: `${collection}?cursor` }[name] ?? name;
		const isUsable = {
			header: (value) => IN_A_HEADER.test(value),
			path: (value) => !['.', '..'].includes(value) && !/[/\\]/.test(value), // refused in each path
		}[place];
		return this.#valid([...steps, 'schema'], known, isUsable);
	}

	// Lists are repeated parameters, as described, or one parameter separated by commas.
	#pairs(name, value) {
		if (!Array.isArray(value)) return [[name, asText(value)]];
		const texts = value.map(asText);
		return this.random.chance(0.5) && !texts.some((text) => text.includes(','))
			? [[name, texts.join(',')]]
			: texts.map((text) => [name, text]);
	}

	valid(operation) {
		const { random } = this,
			request = { operation, ids: {}, query: [], headers: {}, isValid: true };
		const probability = random.pick([0.05, 0.3, 0.8]);
		for (const parameter of operation.parameters) {
			const { in: place, name, required } = parameter.value;
			if (!required && !random.chance(place === 'header' ? 0.1 : probability)) continue;
			const value = this.#parameter(parameter, operation.path);
			if (place === 'path') request.ids[name] = value;
			else if (place === 'header') request.headers[name] = value;
			else request.query.push(...this.#pairs(name, value));
		}
		if (operation.body && (operation.body.value.required || random.chance(0.8))) this.#addBody(request);
		return request;
	}

	#addBody(request) {
		const { steps, value } = request.operation.body;
		const type = this.random.pick(Object.keys(value.content));
		request.bodySteps = [...steps, 'content', type, 'schema'];
		request.body =
			this.#similar(request.bodySteps, value.content[type].example) ??
			this.#valid(request.bodySteps, '');
		request.headers['Content-Type'] = type;
	}

	// Often the example with other values of some members, since it passes more of the rules.
	#similar(steps, example) {
		const { random } = this;
		if (!example || random.chance(0.5)) return undefined;
		const other = Object.entries(this.values.of(this.contract.at(steps))).filter(() => random.chance(0.2));
		const body = { ...example, ...Object.fromEntries(other) };
		return this.contract.errors(steps, body) ? undefined : body;
	}

	// A valid request to which something was done; ajv says whether the body is still valid.
	faulty(operation) {
		const { random } = this,
			request = { ...this.valid(operation), isValid: false };
		const faults = {
			id: () =>
				Object.keys(request.ids).forEach(
					(name) => (request.ids[name] = random.pick(BAD_TEXTS.slice(1))),
				),
			query: () => this.#spoilQuery(request),
			header: () =>
				(request.headers[
					random.pick([
						'If-Match',
						'If-None-Match',
						'Idempotency-Key',
						'Prefer',
						'Accept',
						'X-Request-Id',
						'Last-Event-ID',
					])
				] = random.pick([
					'',
					'"',
					'W/',
					'*',
					'text/csv',
					'é',
					'a'.repeat(5000),
					'"a" "b"',
					'count=exact, return=minimal',
				])),
			token: () =>
				(request.headers.Authorization =
					random.pick(['Bearer ', 'Basic ', '']) + random.pick(BAD_TOKENS)),
			type: () => (request.headers['Content-Type'] = random.pick(BAD_TYPES)),
			bytes: () => (request.bytes = random.pick(BAD_BODIES)),
			member: () => this.#spoilMember(request),
		};
		const possible = [
			'query',
			'header',
			'token',
			...(Object.keys(request.ids).length ? ['id'] : []),
			...(request.body ? ['type', 'bytes', 'member', 'member', 'member', 'member'] : []),
		];
		request.fault = random.pick(possible);
		faults[request.fault]();
		return request;
	}

	#spoilQuery(request) {
		const { random } = this,
			names = request.operation.parameters
				.filter(({ value }) => value.in === 'query')
				.map(({ value }) => value.name);
		request.query.push([
			names.length ? random.pick([...names, 'color', 'a[b]']) : 'color',
			random.pick(BAD_TEXTS),
		]);
	}

	// Replaces, removes or adds a member of the body or of an object in it.
	#spoilMember(request) {
		const { random } = this;
		let at = request.body;
		while (typeof at === 'object') {
			const inner = Object.values(at).filter(
				(value) => value && typeof value === 'object' && Object.keys(value).length,
			);
			if (!inner.length || random.chance(0.6)) break;
			at = random.pick(inner);
		}
		const name = random.pick([...Object.keys(at), 'unknown_member']);
		if (random.chance(0.2)) delete at[name];
		else if (!Array.isArray(at) || name !== 'unknown_member') at[name] = random.pick(BAD_VALUES);
		request.isBodyInvalid = this.contract.errors(request.bodySteps, request.body) !== '';
	}
}

export function targetOf({ operation, ids, query }) {
	const path = Object.entries(ids).reduce(
		(at, [name, value]) => at.replace(`{${name}}`, encodeURIComponent(value.toWellFormed())),
		operation.path,
	);
	const text = query
		.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`)
		.join('&');
	return text ? `${path}?${text}` : path;
}
