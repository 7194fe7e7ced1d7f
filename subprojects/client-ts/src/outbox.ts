// outbox.ts: keeps writes while the server cannot be reached, and sends each exactly once, in order.
//
// An entry is stored before it is sent, and removed after its response. After a crash in between,
// it is sent again with the same Idempotency-Key, so the server returns its first response. The
// server keeps that for 24 hours; an entry whose outcome is unknown for longer is reported instead
// of sent again.

import type { Client, ClientPathsWithMethod, FetchOptions } from 'openapi-fetch';
import type { paths } from './generated/schema.js';
import { ProblemError, toProblem } from './problem.js';
import { memoryStore, type OutboxEntry, type OutboxStore } from './store.js';
import { backoff, randomKey } from './transport.js';

export type PostPath = ClientPathsWithMethod<Client<paths>, 'post'>;
export type PostInit<Path extends PostPath> = Pick<FetchOptions<paths[Path]['post']>, 'params' | 'body'>;

/** Why an entry was given up: the response, or that its outcome could not be determined in time. */
export type OutboxConflict = ProblemError | 'OUTCOME_UNKNOWN';

export interface OutboxOptions {
	/** Default: memoryStore(). */
	store?: OutboxStore;
	/** Maximum number of entries; default 1000. */
	maxEntries?: number;
	/** Called at least once for each entry that was executed. */
	onSent?(entry: OutboxEntry, data: unknown): void;
	/** Called for each entry that the server rejected. It is no longer in the outbox. */
	onConflict?(entry: OutboxEntry, conflict: OutboxConflict): void;
}

export class OutboxFullError extends Error {
	override readonly name = 'OutboxFullError';
}

const MAX_BYTES = 262_144; // BODY_BYTES of the server
const MAX_AGE_MS = 23 * 3_600_000;
const MAX_DELAY_MS = 30_000;
const MAX_FAILURES = 5; // responses with status 500 to one entry

type Post = (path: string, init: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>;

export class Outbox {
	readonly #store: OutboxStore;
	#lastId = '';
	#sending: Promise<void> | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#delays = 0;
	#failures = 0;
	#added = false; // since the entries were last read
	#closed = false;
	readonly #wake = () => void this.flush();

	constructor(private readonly post: Post, private readonly options: OutboxOptions = {}) {
		this.#store = options.store ?? memoryStore();
		globalThis.addEventListener?.('online', this.#wake);
		this.#wake();
	}

	/** Stores a POST. It is sent as soon as possible, even after a restart of the program. */
	async add<Path extends PostPath>(path: Path, init: PostInit<Path>): Promise<OutboxEntry> {
		const entry: OutboxEntry = { id: this.#nextId(), path, init };
		if (JSON.stringify(init).length > MAX_BYTES || (await this.#store.count()) >= (this.options.maxEntries ?? 1000))
			throw new OutboxFullError('The outbox has no room for this request.');
		await this.#store.put(entry);
		this.#added = true;
		this.#wake();
		return entry;
	}

	/** The entries that have not been sent yet, oldest first. */
	pending(): Promise<OutboxEntry[]> {
		return this.#store.all();
	}

	/** Sends all entries. If the server cannot be reached, the rest is retried later. */
	flush(): Promise<void> {
		clearTimeout(this.#timer);
		this.#sending ??= this.#exclusively(() => this.#send()).catch(() => false).then((done) => {
			this.#sending = undefined;
			this.#delays = done ? 0 : this.#delays + 1;
			if (!done && !this.#closed)
				this.#timer = setTimeout(this.#wake, backoff(this.#delays, MAX_DELAY_MS));
			return done && this.#added ? this.flush() : undefined;
		});
		return this.#sending;
	}

	/** Stops sending. The entries stay in the store. */
	close(): void {
		this.#closed = true;
		clearTimeout(this.#timer);
		globalThis.removeEventListener?.('online', this.#wake);
	}

	/** Sortable by time, even if the clock is set back. */
	#nextId(): string {
		const now = Date.now().toString(16).padStart(12, '0'), last = this.#lastId.slice(0, 12);
		const count = now > last ? 0 : parseInt(this.#lastId.slice(13, 17), 16) + 1;
		this.#lastId = `${now > last ? now : last}-${count.toString(16).padStart(4, '0')}-${randomKey()}`;
		return this.#lastId;
	}

	/** Several pages can share a store; one of them sends. */
	async #exclusively(send: () => Promise<boolean>): Promise<boolean> {
		const locks = globalThis.navigator?.locks;
		return locks ? await locks.request('binnacle-outbox', send) : send();
	}

	/** Returns whether the outbox is empty. */
	async #send(): Promise<boolean> {
		do {
			this.#added = false;
			for (const entry of await this.#store.all()) {
				if (this.#closed || !(await this.#deliver(entry)))
					return false;
			}
		} while (this.#added);
		return true;
	}

	/** Returns whether the entry is settled: executed or given up. */
	async #deliver(entry: OutboxEntry): Promise<boolean> {
		const sentAt = entry.sentAt ?? Date.now();
		if (Date.now() - sentAt > MAX_AGE_MS)
			return this.#settle(entry, () => this.options.onConflict?.(entry, 'OUTCOME_UNKNOWN'));
		if (entry.sentAt === undefined)
			await this.#store.put({ ...entry, sentAt });
		const { data, error, response } = await this.post(entry.path,
			{ ...entry.init, headers: { 'Idempotency-Key': entry.id } });
		if (response.ok)
			return this.#settle(entry, () => this.options.onSent?.(entry, data));
		if (this.#isTemporary(response))
			return false;
		return this.#settle(entry, () => this.options.onConflict?.(entry, new ProblemError(response, toProblem(error))));
	}

	#isTemporary({ status, headers }: Response): boolean {
		if (status === 500)
			return ++this.#failures < MAX_FAILURES;
		return headers.has('Retry-After') || status > 500 || [401, 408, 425, 429].includes(status);
	}

	async #settle(entry: OutboxEntry, report: () => void): Promise<true> {
		await this.#store.remove(entry.id);
		this.#failures = 0;
		queueMicrotask(report); // an exception in the callback does not stop the outbox
		return true;
	}
}
