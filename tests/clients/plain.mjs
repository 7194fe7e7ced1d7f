// plain.mjs: a client of /ws, which remembers its places itself.

import WebSocket from 'ws';

const AGAIN_MS = 200;
const SILENT_MS = 6000; // without a sign of life

// `who` as in centrifuge.mjs.
export function listen(port, who, ledger) {
	const channels = [who.own, ...who.channels].filter(Boolean);
	let socket, leaving = false, quiet;

	const say = (type, data) => socket.send(JSON.stringify({ type, data }));
	const ask = (channel) => {
		const place = ledger.place(channel);
		if (place)
			say('resume', { channel, epoch: place.epoch, offset: place.offset });
		else
			say('subscribe', { channel });
	};
	// In one breath. What is his own comes by itself at first.
	const begin = () => {
		if (who.own)
			say('authenticate', { token: who.token() });
		channels.filter((channel) => channel !== who.own || ledger.place(channel)).forEach(ask);
	};
	const alive = () => {
		clearTimeout(quiet);
		quiet = setTimeout(() => socket.terminate(), SILENT_MS);
	};

	const on = {
		connected() {},
		subscribed(data) {
			if (channels.includes(data.channel))
				ledger.begins(data.channel, data);
		},
		unsubscribed(data) {
			ledger.ends(data.channel, data.message);
		},
		error({ code, channel, message }) {
			const same = socket;
			const again = (what) => setTimeout(() => same.readyState === WebSocket.OPEN && what(), AGAIN_MS);
			if (code !== 100 && code !== 111)
				ledger.ends(channel ?? 'all', `${code} ${message}`);
			else if (channel) // otherwise it was said of the token, and the end follows
				again(() => ask(channel));
		},
	};

	const open = () => {
		let opened = false;
		socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
		socket.on('open', () => {
			opened = true;
			begin();
			alive();
		});
		socket.on('ping', alive);
		socket.on('message', (bytes) => {
			const message = JSON.parse(bytes);
			alive();
			if (message.offset === undefined)
				on[message.type](message.data);
			else if (channels.includes(message.channel))
				ledger.hears(message.channel, message.offset, message);
		});
		socket.on('error', () => {}); // the end follows
		socket.on('close', (code, reason) => {
			clearTimeout(quiet);
			if (leaving)
				return;
			if (opened)
				ledger.loses();
			if (code >= 3500 && code < 4000)
				ledger.ends('all', `${code} ${reason}`);
			else
				setTimeout(open, AGAIN_MS);
		});
	};
	open();
	return {
		leave() {
			leaving = true;
			socket.terminate();
		},
	};
}
