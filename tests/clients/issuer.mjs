// issuer.mjs: a token issuer on loopback; it signs with ES256.

import { createServer } from 'node:http';
import { generateKeyPairSync, sign } from 'node:crypto';

export const AUDIENCE = 'clients';

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startIssuer() {
	const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'one' }] });
	const server = createServer((_, response) => {
		response.setHeader('Content-Type', 'application/json');
		response.end(keys);
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	const url = `http://127.0.0.1:${server.address().port}`;

	// A token that expires in `seconds`; negative: it has already expired.
	const token = (subject, seconds) => {
		const now = Math.floor(Date.now() / 1000);
		const claims = { iss: url, aud: AUDIENCE, sub: subject, iat: now + Math.min(seconds, 0) - 1, exp: now + seconds };
		const signed = `${base64url({ alg: 'ES256', kid: 'one', typ: 'JWT' })}.${base64url(claims)}`;
		const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
		return `${signed}.${signature.toString('base64url')}`;
	};
	return { url, token };
}
