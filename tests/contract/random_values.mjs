// random_values.mjs: random values of a JSON schema, the same ones for the same seed.
//
// A value is a candidate: texts have lengths at and between the limits and odd characters, numbers
// and times are often at a limit. Callers ask ajv whether a candidate is valid.

const ODD = [
	'ä',
	'ß',
	'中',
	'🚤',
	'e\u0301',
	'\u200D',
	'\u00A0',
	'\u202E',
	'\uFEFF',
	'<',
	'&',
	'"',
	"'",
	'\\',
	'%',
	'+',
	',',
	';',
	'\t',
	'\n',
	'\u0007',
	' ',
];
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789_.';
const DATES = ['2026-11-21', '2024-02-29', '2100-02-28', '0002-01-01', '0999-12-31', '1969-12-31', '9998-12-31'];
const TIMES = ['00:00:00', '23:59:59', '12:30:00.5', '05:47:00.123456789', '23:59:60'];
const OFFSETS = ['Z', 'z', '+00:00', '-00:00', '+02:00', '-03:30', '+15:59', '-15:59'];
const URLS = [
	'https://marina.example/a?b=c#d',
	'http://[::1]:8080/',
	'https://user@xn--mnchen-3ya.example/%F0%9F%9A%A4',
	'https://a',
];
const EMAILS = ['rosa@marina.example', "o'brien+tag@sub.marina.example", 'A.B@X.CO', '1@2.3'];
const DEEPEST = 4;

// mulberry32
export class Random {
	constructor(seed) {
		this.state = seed >>> 0;
	}

	number() {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	}

	integer(min, max) {
		return min + Math.floor(this.number() * (max - min + 1));
	}

	chance(probability) {
		return this.number() < probability;
	}

	pick(list) {
		return list[this.integer(0, list.length - 1)];
	}

	uuid() {
		const hex = Array.from({ length: 32 }, () => this.integer(0, 15).toString(16)).join('');
		const text = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
		return this.chance(0.1) ? text.toUpperCase() : text;
	}
}

// `known`: values by the name of a field, such as the IDs of locations for `location_id`.
export class RandomValues {
	constructor(random, contract, known) {
		Object.assign(this, { random, contract, known });
	}

	resolved({ $ref, ...rest }) {
		return $ref
			? {
					...this.resolved(
						$ref
							.slice(2)
							.split('/')
							.reduce((at, step) => at[step], this.contract),
					),
					...rest,
				}
			: rest;
	}

	of(schema, name = '', depth = 0) {
		const { random } = this,
			row = this.resolved(schema);
		const known = this.known.get(name.replace(/_ids$/, '_id'));
		if (row.const !== undefined) return row.const;
		if (row.enum) return random.pick(row.enum);
		if (row.anyOf || row.oneOf) return this.of(random.pick(row.anyOf ?? row.oneOf), name, depth);
		if (known?.length && row.type !== 'array' && random.chance(0.8)) return random.pick(known);
		if (row.examples && random.chance(0.3)) return random.pick(row.examples);
		return this.ofType(row, name, depth);
	}

	ofType(row, name, depth) {
		switch (Array.isArray(row.type) ? this.random.pick(row.type) : row.type) {
			case 'object':
				return this.object(row, depth);
			case 'array':
				return Array.from({ length: this.size(row.minItems, row.maxItems, 4) }, () =>
					this.of(row.items, name, depth + 1),
				);
			case 'string':
				return this.string(row);
			case 'integer':
				return this.size(row.minimum, row.maximum, 2 ** 31);
			case 'number':
				return this.random.chance(0.5)
					? this.size(row.minimum, row.maximum, 1e6)
					: Number((this.random.number() * 100).toFixed(7));
			case 'boolean':
				return this.random.chance(0.5);
			case 'null':
				return null;
			default:
				return this.json(depth);
		}
	}

	// Required properties, and each of the others half of the time, rarely or nearly always.
	object({ properties = {}, required = [], additionalProperties }, depth) {
		const { random } = this,
			probability = depth > DEEPEST ? 0 : random.pick([0.1, 0.5, 0.95]);
		const names = Object.keys(properties).filter(
			(name) => required.includes(name) || random.chance(probability),
		);
		const entries = names.map((name) => [name, this.of(properties[name], name, depth + 1)]);
		if (additionalProperties === true || typeof additionalProperties === 'object')
			entries.push(
				...Array.from({ length: random.integer(0, 3) }, () => [
					this.text(random.integer(0, 8)),
					this.json(depth + 1),
				]),
			);
		return Object.fromEntries(entries);
	}

	// At a limit or between them; without a limit up to `usual`.
	size(min = 0, max = undefined, usual) {
		const { random } = this,
			end = max ?? min + usual;
		return random.chance(0.2) ? random.pick([min, end]) : random.integer(min, Math.min(end, min + usual));
	}

	text(length) {
		const { random } = this,
			odd = random.pick([0, 0, 0.1, 0.5]);
		return Array.from({ length }, () =>
			random.chance(odd) ? random.pick(ODD) : random.pick(LETTERS),
		).join('');
	}

	// A text with so many characters; some of ODD have two.
	string({ format, pattern, minLength, maxLength }) {
		const { random } = this;
		switch (format) {
			case 'uuid':
				return random.uuid();
			case 'date':
				return this.date();
			case 'date-time':
				return `${this.date()}${random.pick(['T', 't'])}${random.pick(TIMES)}${random.pick(OFFSETS)}`;
			case 'uri':
				return (
					random.pick(URLS) +
					(random.chance(0.2) ? 'a'.repeat(random.integer(0, maxLength ?? 100)) : '')
				);
			case 'email':
				return (
					(random.chance(0.2) ? 'a'.repeat(random.integer(0, maxLength ?? 100)) : '') +
					random.pick(EMAILS)
				);
		}
		if (pattern?.startsWith('^(note:')) return this.channel(pattern);
		if (pattern?.startsWith('^([01][0-9]')) return `${random.integer(10, 23)}:${random.integer(10, 59)}`;
		if (pattern?.startsWith('^(https?:'))
			return random.pick([...URLS, '/', '/logs/1', `/a${this.text(this.size(0, maxLength, 30))}`]);
		return [...this.text(this.size(minLength, maxLength, 30))].slice(0, maxLength).join('');
	}

	// One of the names that the pattern lists, such as ^(note:[0-9a-f]{8}…|duty)$.
	channel(pattern) {
		const [name, isOfResource] = this.random.pick(pattern.slice(2, -2).split('|')).split(/(?<=:)/);
		const id = this.random.pick(
			this.known.get(`/api/v1/${name.slice(0, -1)}s`) ?? [this.random.uuid().toLowerCase()],
		);
		return isOfResource ? `${name}${id}` : name;
	}

	date() {
		const { random } = this,
			two = (number) => String(number).padStart(2, '0');
		return random.chance(0.3)
			? random.pick(DATES)
			: `${random.integer(2025, 2027)}-${two(random.integer(1, 12))}-${two(random.integer(1, 31))}`;
	}

	json(depth) {
		const { random } = this,
			kind = random.integer(0, depth > DEEPEST ? 4 : 6);
		if (kind === 5) return Array.from({ length: random.integer(0, 3) }, () => this.json(depth + 1));
		if (kind === 6)
			return Object.fromEntries(
				Array.from({ length: random.integer(0, 3) }, () => [
					this.text(5),
					this.json(depth + 1),
				]),
			);
		return [
			null,
			random.chance(0.5),
			random.integer(-(2 ** 53), 2 ** 53),
			random.number() * 1e9,
			this.text(10),
		][kind];
	}
}
