// event_source.mjs: a client of /api/v1/events that uses EventSource, as browsers do. EventSource
// reconnects by itself and gives up for good after an error status. (Browsers cannot send the
// Authorization header that this client sends.)

import { EventSource } from 'eventsource';

const TYPES = ['comment.created', 'note.created', 'note.updated', 'note.published', 'note.unpublished', 'duty.started',
	'duty.ended', 'user.role_changed', 'user.archived'];

// `user` as in centrifuge.mjs.
export function subscribe(port, user, log) {
	const channels = [user.ownChannel, ...user.channels].filter(Boolean);
	const source = new EventSource(`http://127.0.0.1:${port}/api/v1/events?channels=${channels.join(',')}`, {
		fetch: (url, init) => fetch(url, {
			...init, headers: user.ownChannel ? { ...init.headers, Authorization: `Bearer ${user.token()}` } : init.headers,
		}),
	});
	const onEvent = ({ data, lastEventId }) => {
		const event = JSON.parse(data);
		// EventSource does not expose the start position.
		if (!log.position(event.channel))
			log.subscribed(event.channel, { epoch: lastEventId.split(':')[0], offset: event.offset - 1 });
		log.received(event.channel, event.offset, event);
	};

	for (const type of TYPES)
		source.addEventListener(type, onEvent);
	source.addEventListener('reset', ({ data, lastEventId }) => {
		const { channel, offset } = JSON.parse(data);
		log.subscribed(channel, { epoch: lastEventId.split(':')[0], offset, recovered: false });
	});
	source.addEventListener('error', ({ code }) => {
		if (source.readyState === EventSource.CLOSED)
			log.ended('all', code);
		else
			log.disconnected();
	});
	return {
		// Its positions are unknown until the first event of each channel.
		startsUnknown: true,
		close: () => source.close(),
	};
}
