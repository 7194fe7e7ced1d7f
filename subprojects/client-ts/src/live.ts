// live.ts: subscriptions to channels. Each event arrives once and in order, even after reconnects.

import { Centrifuge, State, SubscriptionState } from 'centrifuge';
import type { Options, PublicationContext, SubscribedContext, UnsubscribedContext } from 'centrifuge';
import type { ChannelName, EventName, Events } from './generated/events.js';
import type { TokenSource } from './token.js';

/** An event of a channel; `type` is its name. */
export type LiveEvent<Channel extends ChannelName = ChannelName> = Events[EventName<Channel>];

export interface LiveHandlers<Channel extends ChannelName> {
	onEvent(event: LiveEvent<Channel>): void;
	/** Load the current state: the subscription begins, or events were missed that are no longer available. */
	onLoad?(): void;
	/** The subscription ended and is not retried, for example because it is not permitted. */
	onEnd?(code: number, reason: string): void;
}

/** Further options of Centrifuge: `websocket` for Node before version 22, delays, and others. */
export type LiveOptions = Partial<Omit<Options, 'token' | 'getToken'>>;

interface Emitter {
	on(name: string, listener: (context: never) => void): unknown;
	off(name: string, listener: (context: never) => void): unknown;
}

function endpoint(baseUrl: string, path: string, websocket = false): string {
	const url = new URL(path, baseUrl);
	return websocket ? url.href.replace(/^http/, 'ws') : url.href;
}

export class Live {
	readonly client: Centrifuge;

	constructor(baseUrl: string, tokens: TokenSource, authenticated: boolean, options: LiveOptions = {}) {
		let used: string | undefined;
		const getToken = async () => (used = await (used ? tokens.renew(used) : tokens.get())) ?? '';
		this.client = new Centrifuge([
			{ transport: 'websocket', endpoint: endpoint(baseUrl, '/connection/websocket', true) },
			{ transport: 'http_stream', endpoint: endpoint(baseUrl, '/connection/http_stream') },
		], {
			emulationEndpoint: endpoint(baseUrl, '/emulation'),
			...options,
			getToken: authenticated ? getToken : null,
		});
		this.client.on('error', () => {}); // it reconnects automatically
	}

	/** Subscribes to a channel, and connects if necessary. Returns a function that unsubscribes. */
	subscribe<Channel extends ChannelName>(channel: Channel, handlers: LiveHandlers<Channel>): () => void {
		const own = channel.startsWith('user:'); // the server subscribes to it
		const subscription = own ? undefined : this.client.getSubscription(channel) ?? this.client.newSubscription(channel);
		const source: Emitter = subscription ?? this.client;
		const listeners = {
			publication: (context: PublicationContext) => context.channel === channel
				&& handlers.onEvent({ ...context.data, channel, offset: context.offset } as LiveEvent<Channel>),
			subscribed: (context: SubscribedContext) => context.channel === channel
				&& !(context.wasRecovering && context.recovered) && handlers.onLoad?.(),
			[own ? 'disconnected' : 'unsubscribed']: (context: UnsubscribedContext) => context.code !== 0
				&& handlers.onEnd?.(context.code, context.reason),
		};
		for (const [name, listener] of Object.entries(listeners))
			source.on(name, listener);
		if (own ? this.client.state === State.Connected : subscription?.state === SubscriptionState.Subscribed)
			handlers.onLoad?.();
		subscription?.subscribe();
		this.client.connect();
		return () => {
			for (const [name, listener] of Object.entries(listeners))
				source.off(name, listener);
			if (subscription?.listeners('publication').length === 0)
				this.client.removeSubscription(subscription);
		};
	}

	close(): void {
		this.client.disconnect();
	}
}
