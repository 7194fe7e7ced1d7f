// sign_in.mjs BINNACLE: signs in at an OpenID Connect issuer from /docs of a production server.
//
// The issuer is on another origin, requires PKCE, and redirects the user back immediately.

import assert from 'node:assert/strict';
import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { startServer } from '../support/dev_server.mjs';
import { execute, openPage, startBrowser } from './browser.mjs';

const CLIENT = 'docs';
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

class Issuer {
	#keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
	#challenges = new Map(); // by code
	#server = createServer((request, response) => this.#answer(request, response));

	async start() {
		await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
		this.url = `http://127.0.0.1:${this.#server.address().port}`;
		return this;
	}

	stop() {
		this.#server.closeAllConnections?.();
		this.#server.close();
	}

	#token() {
		const now = Math.floor(Date.now() / 1000);
		const claims = {
			iss: this.url,
			aud: CLIENT,
			sub: 'someone',
			iat: now,
			exp: now + 600,
			email: 'someone@example.com',
			email_verified: true,
		};
		const signed = `${base64url({ alg: 'RS256', kid: 'one', typ: 'JWT' })}.${base64url(claims)}`;
		return `${signed}.${createSign('sha256').update(signed).sign(this.#keys.privateKey, 'base64url')}`;
	}

	#discovery() {
		return {
			issuer: this.url,
			authorization_endpoint: `${this.url}/authorize`,
			token_endpoint: `${this.url}/token`,
			jwks_uri: `${this.url}/keys`,
			grant_types_supported: ['authorization_code'],
			response_types_supported: ['code'],
			subject_types_supported: ['public'],
			id_token_signing_alg_values_supported: ['RS256'],
			scopes_supported: ['openid', 'email'],
		};
	}

	#authorize(query) {
		const code = `code-${this.#challenges.size}`;
		assert.equal(query.get('client_id'), CLIENT);
		assert.equal(query.get('code_challenge_method'), 'S256');
		this.#challenges.set(code, query.get('code_challenge'));
		return `${query.get('redirect_uri')}?${new URLSearchParams({ code, state: query.get('state') })}`;
	}

	// The code is valid only with the verifier of its challenge.
	#exchange(form) {
		const challenge = createHash('sha256').update(form.get('code_verifier')).digest('base64url');
		return challenge === this.#challenges.get(form.get('code'))
			? { access_token: this.#token(), token_type: 'Bearer', expires_in: 600 }
			: { error: 'invalid_grant' };
	}

	async #answer(request, response) {
		const { pathname, searchParams } = new URL(request.url, this.url);
		const json = (value) =>
			response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
		let body = '';

		for await (const part of request) body += part;
		response.setHeader('Access-Control-Allow-Origin', '*');
		response.setHeader('Access-Control-Allow-Headers', '*');
		if (pathname === '/authorize')
			response.writeHead(302, { Location: this.#authorize(searchParams) }).end();
		else if (pathname === '/token' && request.method === 'POST')
			json(this.#exchange(new URLSearchParams(body)));
		else if (pathname === '/keys')
			json({
				keys: [
					{
						...this.#keys.publicKey.export({ format: 'jwk' }),
						kid: 'one',
						alg: 'RS256',
						use: 'sig',
					},
				],
			});
		else json(this.#discovery());
	}
}

test('a user signs in at the configured issuer', async (t) => {
	const issuer = await new Issuer().start();
	t.after(() => issuer.stop());
	const server = await startServer(
		['serve'],
		/"message":"server.started".*"port":(\d+)[^]*"message":"jwks.fresh"/,
		{
			OIDC_ISSUERS: `${issuer.url} ${CLIENT}`,
			HOST: '127.0.0.1',
		},
	);
	t.after(() => server.stop());
	const browser = await startBrowser();
	t.after(() => browser.close());
	const { page, complaints } = await openPage(await browser.newContext(), [server.origin, issuer.url]);

	await page.goto(`${server.origin}/docs`);
	await page.waitForSelector('.opblock');
	assert.equal(await page.locator('#demo-user').count(), 0);
	await page.click('.auth-wrapper .authorize');
	const form = page.locator('.auth-container', { hasText: 'authorization_code' });
	await form.locator('input[id^=client_id]').fill(CLIENT);
	await form.locator('.authorize').click();
	await form.locator('button', { hasText: 'Logout' }).waitFor();
	await page.click('.btn-done');
	assert.equal(await execute(page, '/me', 'get_me'), '200');
	assert.match(await page.locator('[id$="-get_me"]').innerText(), /someone@example\.com/);
	assert.deepEqual(complaints, []);
});
