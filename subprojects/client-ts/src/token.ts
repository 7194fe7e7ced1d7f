// token.ts: keeps the caller's token and renews it before it expires.

/** Returns a new token. Called again whenever the last one expires. */
export type GetToken = () => Promise<string>;

const MARGIN_MS = 15_000;

/** When to renew a token: shortly before it expires, or only when rejected if it is no JWT. */
function renewAt(token: string): number {
	try {
		const part = token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
		const { exp, iat = exp - 60 } = JSON.parse(atob(part)) as { exp: number; iat?: number };
		return exp * 1000 - Math.min(MARGIN_MS, (exp - iat) * 200);
	} catch {
		return Infinity;
	}
}

export class TokenSource {
	#token: string | undefined;
	#renewAt = 0;
	#pending: Promise<string> | undefined;

	constructor(private readonly getToken: GetToken | undefined) {}

	/** A token that does not expire soon; undefined for an anonymous caller. */
	async get(): Promise<string | undefined> {
		if (!this.getToken || (this.#token && Date.now() < this.#renewAt))
			return this.#token;
		this.#pending ??= this.#fetch(this.getToken).finally(() => (this.#pending = undefined));
		return this.#pending;
	}

	/** A token other than `used`, which the server has rejected as expired. */
	async renew(used: string): Promise<string | undefined> {
		if (this.#token === used)
			this.#renewAt = 0;
		return this.get();
	}

	async #fetch(getToken: GetToken): Promise<string> {
		this.#token = await getToken();
		this.#renewAt = renewAt(this.#token);
		return this.#token;
	}
}
