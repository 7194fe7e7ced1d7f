// ledger.mjs: what one client has heard, held against what it should have.
//
// From the place where it began, a client hears each event of a channel once, in order,
// whatever happens to it. The first thing that is otherwise is told with the client, the
// channel, the offset, and what was going on.

// What is going on, and what came of it, for all of them.
export const scene = { phase: 'opening', faults: [], heard: 0, lost: 0, resumed: 0, late: 0, another: false };

// Longer than anything takes while nothing breaks, unless it waits until somebody looks for what
// was not announced.
const LATE_MS = 1000;

export function fault(text) {
	scene.faults.push(`${text} (while ${scene.phase})`);
}

export class Ledger {
	constructor(name) {
		this.name = name;
		this.channels = new Map();
	}

	fault(channel, text) {
		fault(`${this.name}, ${channel}: ${text}`);
	}

	// Where it goes on from: undefined when it begins.
	place(channel) {
		return this.channels.get(channel);
	}

	// The server has said where it is: {epoch, offset, recovered}. In another database everybody
	// begins anew, and nobody may believe that he goes on.
	begins(channel, { epoch, offset, recovered }) {
		const place = this.channels.get(channel);
		if (!place || (scene.another && epoch !== place.epoch && !recovered)) {
			this.channels.set(channel, { epoch, first: offset, offset, events: [] });
			return;
		}
		scene.resumed++;
		if (!recovered)
			this.fault(channel, `cannot go on at ${place.offset}: the channel is at ${offset}`);
		if (epoch !== place.epoch)
			this.fault(channel, `another epoch at ${place.offset}`);
	}

	isIn(epoch) {
		return [...this.channels.values()].every((place) => place.epoch === epoch);
	}

	hears(channel, offset, event) {
		const place = this.channels.get(channel);
		if (!place)
			return this.fault(channel, `${offset} before it was told where it is`);
		if (offset !== place.offset + 1)
			this.fault(channel, `${offset} after ${place.offset}`);
		if (Date.now() - Date.parse(event.timestamp) > LATE_MS)
			scene.late++;
		place.offset = offset;
		place.events.push(`${event.type} ${event.data.id} ${event.data.revision}`);
		scene.heard++;
	}

	// The connection is gone.
	loses() {
		scene.lost++;
	}

	// The server does not want it there any more; of all: nowhere.
	ends(channel, why) {
		this.fault(channel, `ended: ${why}`);
	}

	// `told` is {channel: [event, …]}, from the first one on. How far it is behind; what it
	// heard otherwise is a fault.
	behind(told) {
		let behind = 0;
		for (const [channel, place] of this.channels)
			behind += Math.max((told[channel] ?? []).length - place.offset, 0);
		return behind;
	}

	compare(told) {
		for (const [channel, place] of this.channels) {
			const events = (told[channel] ?? []).slice(place.first);
			const wrong = events.findIndex((event, i) => event !== place.events[i]);
			if (wrong >= 0)
				this.fault(channel, `at ${place.first + wrong + 1} it heard ${place.events[wrong] ?? 'nothing'}`
					+ ` instead of ${events[wrong]}`);
			else if (events.length !== place.events.length)
				this.fault(channel, `it heard more than was told, up to ${place.offset}`);
		}
	}
}
