// centrifuge.mjs: Centrifugo's own client, as an application uses it, over one of its transports.

import { Centrifuge } from 'centrifuge';
import { EventSource } from 'eventsource';
import WebSocket from 'ws';

const paths = {
	websocket: (port) => `ws://127.0.0.1:${port}/connection/websocket`,
	http_stream: (port) => `http://127.0.0.1:${port}/connection/http_stream`,
	sse: (port) => `http://127.0.0.1:${port}/connection/sse`,
};

// `user` has channels; ownChannel, to which the server subscribes it (undefined: not
// authenticated); token(); optionally expiredToken, which is used first; and optionally
// emulationPort, the port of another process that gets its emulation requests, as with a load
// balancer.
export function subscribe(transport, port, user, log) {
	const client = new Centrifuge([{ transport, endpoint: paths[transport](port) }], {
		websocket: WebSocket,
		eventsource: EventSource,
		fetch,
		readableStream: ReadableStream,
		emulationEndpoint: `http://127.0.0.1:${user.emulationPort ?? port}/emulation`,
		token: user.expiredToken ?? '',
		getToken: user.ownChannel ? async () => user.token() : null,
		minReconnectDelay: 50,
		maxReconnectDelay: 1000,
		maxServerPingDelay: 3000,
	});
	const onSubscribed = (context) => log.subscribed(context.channel, {
		...context.streamPosition,
		recovered: context.wasRecovering && context.recovered,
	});
	const onPublication = (context) => log.received(context.channel, context.offset, context.data);
	const onEnd = ({ channel, code, reason }) => closing || log.ended(channel ?? 'all', `${code} ${reason}`);
	let connected = false, closing = false;

	client.on('connected', () => {
		connected = true;
	});
	client.on('connecting', () => {
		if (connected)
			log.disconnected();
		connected = false;
	});
	client.on('disconnected', onEnd);
	client.on('error', () => {}); // it reconnects by itself
	client.on('subscribed', onSubscribed);
	client.on('publication', onPublication);
	client.on('unsubscribed', onEnd);
	for (const channel of user.channels) {
		const subscription = client.newSubscription(channel, { minResubscribeDelay: 50, maxResubscribeDelay: 1000 });
		subscription.on('subscribed', onSubscribed);
		subscription.on('publication', onPublication);
		subscription.on('unsubscribed', onEnd);
		subscription.on('error', () => {});
		subscription.subscribe();
	}
	client.connect();
	return {
		close() {
			closing = true;
			client.disconnect();
		},
	};
}
