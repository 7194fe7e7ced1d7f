// proxy.mjs: an HTTP proxy in front of the server that drops requests and responses.

import { createServer, request as httpRequest } from 'node:http';

// `fate(request)` returns 'lose request', 'lose response', or nothing.
export async function startProxy(port, fate) {
	const proxy = createServer((incoming, outgoing) => {
		const lost = fate(incoming);
		const lose = () => incoming.socket.destroy();
		if (lost === 'lose request')
			return lose();
		const forwarded = httpRequest({
			host: '127.0.0.1', port, path: incoming.url, method: incoming.method, headers: incoming.headers,
		}, (response) => {
			if (lost === 'lose response')
				return response.resume().once('close', lose);
			outgoing.writeHead(response.statusCode, response.headers);
			response.once('error', lose).pipe(outgoing);
		});
		forwarded.once('error', lose);
		incoming.pipe(forwarded);
	}).listen(0, '127.0.0.1');
	await new Promise((resolve) => proxy.once('listening', resolve));
	return {
		url: `http://127.0.0.1:${proxy.address().port}`,
		close: () => (proxy.closeAllConnections(), proxy.close()),
	};
}
