// links.mjs: a door in front of a server, through which all connections go. They can be cut, in
// the midst of what they carry; stalled, so that nothing is taken from either side for a while;
// and hushed: nothing comes through any more, and nobody is told.

import { connect, createServer } from 'node:net';

class Link {
	constructor(near, far, gone) {
		Object.assign(this, { near, far, gone, hushed: false, last: false });
		this.carry(near, far);
		this.carry(far, near);
	}

	carry(from, to) {
		from.setNoDelay(true);
		from.on('data', (bytes) => {
			if (this.hushed)
				return;
			if (this.last) {
				to.write(bytes.subarray(0, bytes.length / 2), () => this.end());
				return;
			}
			if (!to.write(bytes)) {
				from.pause();
				to.once('drain', () => this.stalled || from.resume());
			}
		});
		from.on('end', () => this.hushed || to.end());
		from.on('error', () => this.end());
		from.on('close', () => this.hushed || this.end());
	}

	end() {
		this.gone(this);
		this.near.destroy();
		this.far.destroy();
	}

	reset() {
		this.near.resetAndDestroy();
		this.far.resetAndDestroy();
		this.end();
	}

	stall(milliseconds) {
		this.stalled = true;
		this.near.pause();
		this.far.pause();
		setTimeout(() => {
			this.stalled = false;
			this.near.resume();
			this.far.resume();
		}, milliseconds);
	}

	hush(milliseconds) {
		this.hushed = true;
		setTimeout(() => this.end(), milliseconds);
	}
}

export async function openDoor(port, random) {
	const links = new Set();
	const server = createServer((near) => {
		links.add(new Link(near, connect(port, '127.0.0.1'), (link) => links.delete(link)));
	});
	const some = (many) => [...links].sort(() => random() - 0.5).slice(0, many);

	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return {
		port: server.address().port,
		// With a reset, as a router does it; without; or behind half of what it carries next.
		cut(many) {
			some(many).forEach((link, i) => {
				if (i % 3 === 0)
					link.reset();
				else if (i % 3 === 1)
					link.end();
				else
					link.last = true;
			});
		},
		stall: (many, milliseconds) => some(many).forEach((link) => link.stall(milliseconds)),
		hush: (many, milliseconds) => some(many).forEach((link) => link.hush(milliseconds)),
	};
}
