// browser.mjs: a client of /api/v1/events as browsers have it: EventSource, which comes again by
// itself, and stays away for good when it is refused. (The token in its header is all that no
// browser would send.)

import { EventSource } from 'eventsource';

const TYPES = ['comment.created', 'note.created', 'note.updated', 'note.published', 'note.unpublished', 'duty.started',
	'duty.ended', 'user.role_changed', 'user.archived'];

// `who` as in centrifuge.mjs.
export function listen(port, who, ledger) {
	const channels = [who.own, ...who.channels].filter(Boolean);
	const source = new EventSource(`http://127.0.0.1:${port}/api/v1/events?channels=${channels.join(',')}`, {
		fetch: (url, init) => fetch(url, {
			...init, headers: who.own ? { ...init.headers, Authorization: `Bearer ${who.token()}` } : init.headers,
		}),
	});
	const hears = ({ data, lastEventId }) => {
		const event = JSON.parse(data);
		// It does not say where it began.
		if (!ledger.place(event.channel))
			ledger.begins(event.channel, { epoch: lastEventId.split(':')[0], offset: event.offset - 1 });
		ledger.hears(event.channel, event.offset, event);
	};

	for (const type of TYPES)
		source.addEventListener(type, hears);
	source.addEventListener('reset', ({ data, lastEventId }) => {
		const { channel, offset } = JSON.parse(data);
		ledger.begins(channel, { epoch: lastEventId.split(':')[0], offset, recovered: false });
	});
	source.addEventListener('error', ({ code }) => {
		if (source.readyState === EventSource.CLOSED)
			ledger.ends('all', code);
		else
			ledger.loses();
	});
	return {
		// It says nothing of where it is before something has happened there.
		quiet: true,
		leave: () => source.close(),
	};
}
