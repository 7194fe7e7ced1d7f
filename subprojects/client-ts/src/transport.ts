// transport.ts: a fetch that authenticates, retries, and makes retries safe.
//
// A POST gets an Idempotency-Key, so that the server executes it once however often it is sent.
// Requests that cannot be repeated (PATCH, DELETE) are retried only if the server did not execute
// them.

import { toProblem } from './problem.js';
import type { TokenSource } from './token.js';

export interface RetryOptions {
	/** Maximum number of attempts; default 5. */
	attempts?: number;
	/** Longest delay between two attempts, in ms; default 20,000. If the server asks for more,
	 * its response is returned. */
	maxDelay?: number;
	/** Timeout of one attempt, in ms; default 30,000. */
	timeout?: number;
}

const FIRST_DELAY_MS = 300;
const KEY = 'Idempotency-Key';

/** 32 random hex digits. (crypto.randomUUID() is missing in pages without TLS.) */
export function randomKey(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Exponential, with jitter. */
export function backoff(attempt: number, maxDelay: number): number {
	return Math.min(FIRST_DELAY_MS * 2 ** attempt, maxDelay) * (0.5 + Math.random() / 2);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		signal.throwIfAborted();
		const onAbort = () => (clearTimeout(timer), reject(signal.reason));
		const timer = setTimeout(() => (signal.removeEventListener('abort', onAbort), resolve()), ms);
		signal.addEventListener('abort', onAbort, { once: true });
	});
}

async function isExpired(response: Response): Promise<boolean> {
	return response.status === 401
		&& toProblem(await response.clone().json().catch(() => undefined))?.code === 'TOKEN_EXPIRED';
}

/** The header in ms, undefined if it is missing. */
function retryAfter(response: Response): number | undefined {
	const header = response.headers.get('Retry-After');
	if (header === null)
		return undefined;
	return /^\d+$/.test(header) ? Number(header) * 1000 : Math.max(Date.parse(header) - Date.now(), 0) || 0;
}

/** The server sends Retry-After if it did not execute the request. */
function mayRetry(response: Response, repeatable: boolean): boolean {
	return response.headers.has('Retry-After') || (repeatable && [429, 502, 503, 504].includes(response.status));
}

export function createTransport(tokens: TokenSource, options: RetryOptions = {}): (request: Request) => Promise<Response> {
	const { attempts = 5, maxDelay = 20_000, timeout = 30_000 } = options;

	const send = (request: Request, token: string | undefined) => {
		const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeout)]);
		const attempt = new Request(request.clone(), { signal });
		if (token)
			attempt.headers.set('Authorization', `Bearer ${token}`);
		return fetch(attempt);
	};

	/** Renews the token once if it has expired meanwhile. */
	const authenticated = async (request: Request) => {
		const token = await tokens.get();
		const response = await send(request, token);
		return token && (await isExpired(response)) ? send(request, await tokens.renew(token)) : response;
	};

	return async (request) => {
		if (request.method === 'POST' && !request.headers.has(KEY))
			request.headers.set(KEY, randomKey());
		const repeatable = ['GET', 'HEAD', 'PUT'].includes(request.method) || request.headers.has(KEY);

		for (let attempt = 0; ; attempt++) {
			const last = attempt + 1 >= attempts;
			let delay = backoff(attempt, maxDelay);
			try {
				const response = await authenticated(request);
				delay = Math.max(delay, retryAfter(response) ?? 0);
				if (last || delay > maxDelay || !mayRetry(response, repeatable))
					return response;
				await response.body?.cancel();
			} catch (error) { // no response
				if (last || !repeatable || request.signal.aborted)
					throw error;
			}
			await sleep(delay, request.signal);
		}
	};
}
