// index.ts: the client: `api` for requests, `live` for events, `outbox` for writes while offline.

import createClient, { type Client } from 'openapi-fetch';
import type { paths } from './generated/schema.js';
import { Live, type LiveOptions } from './live.js';
import { Outbox, type OutboxOptions } from './outbox.js';
import { TokenSource, type GetToken } from './token.js';
import { createTransport, type RetryOptions } from './transport.js';

export type { ChannelName, EventName, Events } from './generated/events.js';
export type { components, operations, paths } from './generated/schema.js';
export * from './live.js';
export * from './outbox.js';
export { isProblem, ProblemError, unwrap, type Problem, type ProblemCode } from './problem.js';
export * from './store.js';
export type { GetToken } from './token.js';
export type { RetryOptions } from './transport.js';

export interface BinnacleOptions {
	/** Origin of the server, such as https://harbour.example. */
	baseUrl: string;
	/** Without it, the caller is anonymous. */
	getToken?: GetToken;
	/** Sent with each request, such as X-API-Key. */
	headers?: Record<string, string>;
	retry?: RetryOptions;
	outbox?: OutboxOptions;
	live?: LiveOptions;
}

export interface Binnacle {
	/** Requests, by method and path: `api.GET('/api/v1/logs')`. See unwrap() and openapi-fetch. */
	readonly api: Client<paths>;
	readonly live: Live;
	readonly outbox: Outbox;
	close(): void;
}

/** Creates a client for one user. The outbox sends with their token, so use one store per user. */
export function createBinnacle(options: BinnacleOptions): Binnacle {
	const { baseUrl, getToken, headers = {} } = options;
	const tokens = new TokenSource(getToken);
	const api = createClient<paths>({ baseUrl, headers, fetch: createTransport(tokens, options.retry) });
	const live = new Live(baseUrl, tokens, getToken !== undefined, options.live);
	const outbox = new Outbox(api.POST as ConstructorParameters<typeof Outbox>[0], options.outbox);
	return { api, live, outbox, close: () => (live.close(), outbox.close()) };
}
