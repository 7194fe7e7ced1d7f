// writers.mjs: those who write, so that there is something to hear. Each thing is asked of one
// process or the other until it was answered with yes; a comment carries a key, so that it is
// made once, however often it was asked.

import { randomUUID } from 'node:crypto';
import { fault, scene } from './ledger.mjs';

const PATIENCE_MS = 8000;
const AGAIN_MS = 100;

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const pick = (list, random) => list[Math.floor(random() * list.length)];

export class Writers {
	// `pace`: writes a second, of all of them.
	constructor({ ports, notes, people, token, random, many, pace }) {
		Object.assign(this, { ports, notes, people, token, random });
		this.comments = 0;
		this.changes = 0;
		this.again = 0;
		this.pause = 1000 * many / pace;
		this.working = Array.from({ length: many }, (_, i) => this.work(i));
	}

	async stop() {
		this.stopped = true;
		await Promise.all(this.working);
		return { comments: this.comments, changes: this.changes, again: this.again };
	}

	async work(me) {
		for (let n = 0; !this.stopped; n++) {
			const began = Date.now();
			const note = pick(this.notes, this.random);
			if (this.random() < 0.2) {
				await this.insist('PATCH', `/api/v1/me/notes/${note.id}`, note.owner, { content: `${me} ${n}` });
				this.changes++;
			} else {
				await this.insist('POST', `/api/v1/notes/${note.id}/comments`, pick(this.people, this.random),
					{ content: `${me} ${n} ${'x'.repeat(this.random() * 900)}` }, randomUUID());
				this.comments++;
			}
			await wait(Math.max(this.pause * (0.5 + this.random()) - (Date.now() - began), 0));
		}
	}

	async insist(method, path, who, body, key) {
		while (!await this.ask(method, path, who, body, key)) {
			this.again++;
			await wait(AGAIN_MS);
		}
	}

	async ask(method, path, who, body, key) {
		const headers = { 'Authorization': `Bearer ${this.token(who.subject, 60)}`, 'Content-Type': 'application/json' };
		// Some do not wait for the answer, and come back for it.
		const patience = this.random() < 0.03 ? 3 : PATIENCE_MS;
		if (key)
			headers['Idempotency-Key'] = key;
		try {
			// The one hears by itself of what it did, the other only when it is told.
			const ports = scene.phase === 'calm' ? this.ports.slice(0, 1) : this.ports;
			const answer = await fetch(`http://127.0.0.1:${pick(ports, this.random)}${path}`,
				{ method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(patience) });
			const text = await answer.text();
			if (answer.ok)
				return true;
			if (![503, 504].includes(answer.status) && !text.includes('IDEMPOTENCY_IN_PROGRESS'))
				fault(`${method} ${path}: ${answer.status} ${text}`);
		} catch {
			// The link was cut, or nobody is there.
		}
		return false;
	}
}
