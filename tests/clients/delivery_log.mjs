// delivery_log.mjs: records the events that one client received and compares them with those that were
// published.
//
// From its start position on, a client must receive each event of a channel exactly once and in
// order, whatever is disturbed. Each violation is reported with the client, the channel, the
// offset, and what was going on at the time.

// What is going on, and the results of all clients.
export const state = {
	phase: 'opening', errors: [], received: 0, disconnects: 0, resumed: 0, late: 0, epochChanged: false,
};

// Longer than any delivery takes while nothing is disturbed, and shorter than the polling interval
// that finds events whose NOTIFY was lost.
const LATE_MS = 1000;

export function reportError(text) {
	state.errors.push(`${text} (during: ${state.phase})`);
}

export class DeliveryLog {
	constructor(name) {
		this.name = name;
		this.channels = new Map();
	}

	error(channel, text) {
		reportError(`${this.name}, ${channel}: ${text}`);
	}

	// The position to resume from; undefined before the first subscription.
	position(channel) {
		return this.channels.get(channel);
	}

	// The server has confirmed a subscription at {epoch, offset, recovered}. After a change of the
	// epoch every client starts over, and the server must not claim that it recovered.
	subscribed(channel, { epoch, offset, recovered }) {
		const position = this.channels.get(channel);
		if (!position || (state.epochChanged && epoch !== position.epoch && !recovered)) {
			this.channels.set(channel, { epoch, first: offset, offset, events: [] });
			return;
		}
		state.resumed++;
		if (!recovered)
			this.error(channel, `not recovered from ${position.offset}; the channel is at ${offset}`);
		if (epoch !== position.epoch)
			this.error(channel, `the epoch changed at ${position.offset}`);
	}

	hasEpoch(epoch) {
		return [...this.channels.values()].every((position) => position.epoch === epoch);
	}

	received(channel, offset, event) {
		const position = this.channels.get(channel);
		if (!position)
			return this.error(channel, `received ${offset} before the subscription was confirmed`);
		if (offset !== position.offset + 1)
			this.error(channel, `received ${offset} after ${position.offset}`);
		if (Date.now() - Date.parse(event.timestamp) > LATE_MS)
			state.late++;
		position.offset = offset;
		position.events.push(`${event.type} ${event.data.id} ${event.data.revision}`);
		state.received++;
	}

	// The connection was lost.
	disconnected() {
		state.disconnects++;
	}

	// The server ended the subscription for good; 'all': the whole connection.
	ended(channel, why) {
		this.error(channel, `ended: ${why}`);
	}

	// The number of events that have not been received yet. `published` is {channel: [event, …]}
	// from offset 1 on.
	missing(published) {
		let missing = 0;
		for (const [channel, position] of this.channels)
			missing += Math.max((published[channel] ?? []).length - position.offset, 0);
		return missing;
	}

	// Reports the first difference of each channel.
	compare(published) {
		for (const [channel, position] of this.channels) {
			const events = (published[channel] ?? []).slice(position.first);
			const wrong = events.findIndex((event, i) => event !== position.events[i]);
			if (wrong >= 0)
				this.error(channel, `at ${position.first + wrong + 1} it received ${position.events[wrong] ?? 'nothing'}`
					+ ` instead of ${events[wrong]}`);
			else if (events.length !== position.events.length)
				this.error(channel, `it received more than was published, up to ${position.offset}`);
		}
	}
}
