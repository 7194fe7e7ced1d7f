// store.ts: where an outbox keeps its entries.

export interface OutboxEntry {
	/** Sortable, in the order in which entries were added; also their Idempotency-Key. */
	id: string;
	path: string;
	/** Parameters and body of the request. */
	init: { params?: unknown; body?: unknown };
	/** Time of the first attempt, in ms. */
	sentAt?: number;
}

/** `all()` sorts by ID. An entry that was put must survive a restart of the program. */
export interface OutboxStore {
	all(): Promise<OutboxEntry[]>;
	count(): Promise<number>;
	put(entry: OutboxEntry): Promise<void>;
	remove(id: string): Promise<void>;
}

const byId = (a: OutboxEntry, b: OutboxEntry) => (a.id < b.id ? -1 : 1);

/** Keeps entries as long as the program runs. */
export function memoryStore(): OutboxStore {
	const entries = new Map<string, OutboxEntry>();
	return {
		all: async () => [...entries.values()].sort(byId),
		count: async () => entries.size,
		put: async (entry) => void entries.set(entry.id, entry),
		remove: async (id) => void entries.delete(id),
	};
}

/** For localStorage, or anything with the same methods. */
export function webStore(storage: Storage, prefix = 'binnacle-outbox:'): OutboxStore {
	const keys = () => Array.from(storage, (_, n) => storage.key(n)!).filter((key) => key.startsWith(prefix));
	return {
		all: async () => keys().map((key) => JSON.parse(storage.getItem(key)!) as OutboxEntry).sort(byId),
		count: async () => keys().length,
		put: async (entry) => storage.setItem(prefix + entry.id, JSON.stringify(entry)),
		remove: async (id) => storage.removeItem(prefix + id),
	};
}

/** For browsers: survives a crash of the page and of the browser. */
export function indexedDbStore(name = 'binnacle-outbox'): OutboxStore {
	const result = <T>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
	const opening = indexedDB.open(name);
	opening.onupgradeneeded = () => opening.result.createObjectStore('entries', { keyPath: 'id' });
	const database = result(opening);
	const read = async () => (await database).transaction('entries').objectStore('entries');
	const write = async (change: (entries: IDBObjectStore) => unknown) => {
		const transaction = (await database).transaction('entries', 'readwrite', { durability: 'strict' });
		change(transaction.objectStore('entries'));
		return new Promise<void>((resolve, reject) => {
			transaction.oncomplete = () => resolve();
			transaction.onabort = () => reject(transaction.error);
		});
	};
	return {
		all: async () => result<OutboxEntry[]>((await read()).getAll()),
		count: async () => result((await read()).count()),
		put: (entry) => write((entries) => entries.put(entry)),
		remove: (id) => write((entries) => entries.delete(id)),
	};
}
