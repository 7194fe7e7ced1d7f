// serve.mjs: serves the example page, and requests tokens for it.
//
//     node examples/serve.mjs [SERVER [PORT]]
//
// The page has no identity provider, and `binnacle dev` issues no tokens to pages of other origins.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const directory = fileURLToPath(new URL('.', import.meta.url));

async function requestToken(server, body) {
	const headers = { 'Content-Type': 'application/json' };
	const response = await fetch(`${await server()}/dev/token`, { method: 'POST', headers, body });
	return Buffer.from(await response.arrayBuffer());
}

async function bodyOf(request) {
	const parts = [];
	for await (const part of request)
		parts.push(part);
	return Buffer.concat(parts);
}

// `server()` returns the URL of the server.
export async function serve(server, port) {
	const { outputFiles: [script] } = await build({
		entryPoints: [`${directory}logbook.ts`], bundle: true, format: 'esm', write: false,
	});
	const files = {
		'/': ['text/html', await readFile(`${directory}logbook.html`)],
		'/logbook.js': ['text/javascript', script.contents],
	};
	const site = createServer(async (request, response) => {
		const [type, content] = request.method === 'POST' && request.url === '/token'
			? ['application/json', await requestToken(server, await bodyOf(request)).catch(() => '{}')]
			: files[request.url.split('?')[0]] ?? ['text/plain', ''];
		response.writeHead(content.length ? 200 : 404, { 'Content-Type': `${type}; charset=utf-8` }).end(content);
	}).listen(port, '127.0.0.1');
	await new Promise((resolve) => site.once('listening', resolve));
	return site;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const [url = 'http://127.0.0.1:8080', port = 5173] = process.argv.slice(2);
	await serve(() => url, port);
	console.log(`http://127.0.0.1:${port}/?server=${url}`);
}
