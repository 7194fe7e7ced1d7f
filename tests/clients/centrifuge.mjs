// centrifuge.mjs: Centrifugo's client, as an application uses it, over one of its transports.

import { Centrifuge } from 'centrifuge';
import { EventSource } from 'eventsource';
import WebSocket from 'ws';

const paths = {
	websocket: (port) => `ws://127.0.0.1:${port}/connection/websocket`,
	http_stream: (port) => `http://127.0.0.1:${port}/connection/http_stream`,
	sse: (port) => `http://127.0.0.1:${port}/connection/sse`,
};

// `who` has channels, own (the one that is given without asking; undefined: he is nobody), token(),
// and perhaps `stale`: a token that is none any more, and `speaksTo`: the port of another process,
// to which a balancer gives what he says.
export function listen(transport, port, who, ledger) {
	const client = new Centrifuge([{ transport, endpoint: paths[transport](port) }], {
		websocket: WebSocket,
		eventsource: EventSource,
		fetch,
		readableStream: ReadableStream,
		emulationEndpoint: `http://127.0.0.1:${who.speaksTo ?? port}/emulation`,
		token: who.stale ?? '',
		getToken: who.own ? async () => who.token() : null,
		minReconnectDelay: 50,
		maxReconnectDelay: 1000,
		maxServerPingDelay: 3000,
	});
	const begins = (context) => ledger.begins(context.channel, {
		...context.streamPosition,
		recovered: context.wasRecovering && context.recovered,
	});
	const hears = (context) => ledger.hears(context.channel, context.offset, context.data);
	const ends = ({ channel, code, reason }) => leaving || ledger.ends(channel ?? 'all', `${code} ${reason}`);
	let connected = false, leaving = false;

	client.on('connected', () => {
		connected = true;
	});
	client.on('connecting', () => {
		if (connected)
			ledger.loses();
		connected = false;
	});
	client.on('disconnected', ends);
	client.on('error', () => {}); // it comes again by itself
	client.on('subscribed', begins);
	client.on('publication', hears);
	client.on('unsubscribed', ends);
	for (const channel of who.channels) {
		const subscription = client.newSubscription(channel, { minResubscribeDelay: 50, maxResubscribeDelay: 1000 });
		subscription.on('subscribed', begins);
		subscription.on('publication', hears);
		subscription.on('unsubscribed', ends);
		subscription.on('error', () => {});
		subscription.subscribe();
	}
	client.connect();
	return {
		leave() {
			leaving = true;
			client.disconnect();
		},
	};
}
