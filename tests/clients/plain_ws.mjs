// plain_ws.mjs: a client of /ws (plain JSON over WebSocket), which keeps its positions itself.

import WebSocket from 'ws';

const RETRY_MS = 200;
const SILENCE_MS = 6000; // without a message or ping, the connection is considered dead

// `user` as in centrifuge.mjs.
export function subscribe(port, user, log) {
	const channels = [user.ownChannel, ...user.channels].filter(Boolean);
	let socket, closing = false, silence;

	const send = (type, data) => socket.send(JSON.stringify({ type, data }));
	const subscribeTo = (channel) => {
		const position = log.position(channel);
		if (position)
			send('resume', { channel, epoch: position.epoch, offset: position.offset });
		else
			send('subscribe', { channel });
	};
	// Sends everything without waiting for replies. At first the server subscribes the user's own
	// channel by itself.
	const start = () => {
		if (user.ownChannel)
			send('authenticate', { token: user.token() });
		channels.filter((channel) => channel !== user.ownChannel || log.position(channel)).forEach(subscribeTo);
	};
	const alive = () => {
		clearTimeout(silence);
		silence = setTimeout(() => socket.terminate(), SILENCE_MS);
	};

	const on = {
		connected() {},
		subscribed(data) {
			if (channels.includes(data.channel))
				log.subscribed(data.channel, data);
		},
		unsubscribed(data) {
			log.ended(data.channel, data.message);
		},
		error({ code, channel, message }) {
			const same = socket;
			const retry = (what) => setTimeout(() => same.readyState === WebSocket.OPEN && what(), RETRY_MS);
			if (code !== 100 && code !== 111)
				log.ended(channel ?? 'all', `${code} ${message}`);
			else if (channel) // otherwise it concerns the token, and the connection is closed
				retry(() => subscribeTo(channel));
		},
	};

	const open = () => {
		let opened = false;
		socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
		socket.on('open', () => {
			opened = true;
			start();
			alive();
		});
		socket.on('ping', alive);
		socket.on('message', (bytes) => {
			const message = JSON.parse(bytes);
			alive();
			if (message.offset === undefined)
				on[message.type](message.data);
			else if (channels.includes(message.channel))
				log.received(message.channel, message.offset, message);
		});
		socket.on('error', () => {}); // 'close' follows
		socket.on('close', (code, reason) => {
			clearTimeout(silence);
			if (closing)
				return;
			if (opened)
				log.disconnected();
			if (code >= 3500 && code < 4000)
				log.ended('all', `${code} ${reason}`);
			else
				setTimeout(open, RETRY_MS);
		});
	};
	open();
	return {
		close() {
			closing = true;
			socket.terminate();
		},
	};
}
