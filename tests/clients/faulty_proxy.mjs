// faulty_proxy.mjs: a TCP proxy in front of a server that disturbs connections. It can cut them, also in
// the middle of data; stall them, so that nothing is read from either side for a while; and turn
// them into black holes, which drop all data without closing.

import { connect, createServer } from 'node:net';

class Link {
	constructor(client, server, onGone) {
		Object.assign(this, { client, server, onGone, dropping: false, cutNext: false });
		this.forward(client, server);
		this.forward(server, client);
	}

	forward(from, to) {
		from.setNoDelay(true);
		from.on('data', (bytes) => {
			if (this.dropping)
				return;
			if (this.cutNext) {
				to.write(bytes.subarray(0, bytes.length / 2), () => this.end());
				return;
			}
			if (!to.write(bytes)) {
				from.pause();
				to.once('drain', () => this.stalled || from.resume());
			}
		});
		from.on('end', () => this.dropping || to.end());
		from.on('error', () => this.end());
		from.on('close', () => this.dropping || this.end());
	}

	end() {
		this.onGone(this);
		this.client.destroy();
		this.server.destroy();
	}

	reset() {
		this.client.resetAndDestroy();
		this.server.resetAndDestroy();
		this.end();
	}

	stall(milliseconds) {
		this.stalled = true;
		this.client.pause();
		this.server.pause();
		setTimeout(() => {
			this.stalled = false;
			this.client.resume();
			this.server.resume();
		}, milliseconds);
	}

	blackhole(milliseconds) {
		this.dropping = true;
		setTimeout(() => this.end(), milliseconds);
	}
}

export async function startProxy(port, random) {
	const links = new Set();
	const server = createServer((client) => {
		links.add(new Link(client, connect(port, '127.0.0.1'), (link) => links.delete(link)));
	});
	const some = (count) => [...links].sort(() => random() - 0.5).slice(0, count);

	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return {
		port: server.address().port,
		// By turns: with a TCP reset, as routers do; with a normal close; and after half of the
		// next data.
		cut(count) {
			some(count).forEach((link, i) => {
				if (i % 3 === 0)
					link.reset();
				else if (i % 3 === 1)
					link.end();
				else
					link.cutNext = true;
			});
		},
		stall: (count, milliseconds) => some(count).forEach((link) => link.stall(milliseconds)),
		blackhole: (count, milliseconds) => some(count).forEach((link) => link.blackhole(milliseconds)),
	};
}
