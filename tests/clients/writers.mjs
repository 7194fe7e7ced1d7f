// writers.mjs: writers that cause events. Each write is retried on either process until it
// succeeds; a comment carries an Idempotency-Key, so that it is created once however often it is
// sent.

import { randomUUID } from 'node:crypto';
import { reportError, state } from './delivery_log.mjs';

const TIMEOUT_MS = 8000;
const RETRY_MS = 100;

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const pick = (list, random) => list[Math.floor(random() * list.length)];

export class Writers {
	// `rate`: writes per second of all `count` writers together.
	constructor({ ports, notes, users, token, random, count, rate }) {
		Object.assign(this, { ports, notes, users, token, random });
		this.comments = 0;
		this.changes = 0;
		this.retries = 0;
		this.interval = 1000 * count / rate;
		this.running = Array.from({ length: count }, (_, i) => this.run(i));
	}

	async stop() {
		this.stopped = true;
		await Promise.all(this.running);
		return { comments: this.comments, changes: this.changes, retries: this.retries };
	}

	async run(writer) {
		for (let n = 0; !this.stopped; n++) {
			const started = Date.now();
			const note = pick(this.notes, this.random);
			if (this.random() < 0.2) {
				await this.write('PATCH', `/api/v1/me/notes/${note.id}`, note.owner, { content: `${writer} ${n}` });
				this.changes++;
			} else {
				await this.write('POST', `/api/v1/notes/${note.id}/comments`, pick(this.users, this.random),
					{ content: `${writer} ${n} ${'x'.repeat(this.random() * 900)}` }, randomUUID());
				this.comments++;
			}
			await wait(Math.max(this.interval * (0.5 + this.random()) - (Date.now() - started), 0));
		}
	}

	async write(method, path, user, body, key) {
		while (!await this.send(method, path, user, body, key)) {
			this.retries++;
			await wait(RETRY_MS);
		}
	}

	async send(method, path, user, body, key) {
		const headers = { 'Authorization': `Bearer ${this.token(user.subject, 60)}`, 'Content-Type': 'application/json' };
		// Some requests do not wait for the response and are retried later.
		const timeout = this.random() < 0.03 ? 3 : TIMEOUT_MS;
		if (key)
			headers['Idempotency-Key'] = key;
		try {
			// In the calm phase all writes go to one process: its own clients get the events
			// directly, those of the other process only through NOTIFY.
			const ports = state.phase === 'calm' ? this.ports.slice(0, 1) : this.ports;
			const response = await fetch(`http://127.0.0.1:${pick(ports, this.random)}${path}`,
				{ method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(timeout) });
			const text = await response.text();
			if (response.ok)
				return true;
			if (![503, 504].includes(response.status) && !text.includes('IDEMPOTENCY_IN_PROGRESS'))
				reportError(`${method} ${path}: ${response.status} ${text}`);
		} catch {
			// The connection was cut, or the server is down.
		}
		return false;
	}
}
