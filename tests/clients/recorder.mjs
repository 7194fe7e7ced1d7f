// recorder.mjs: records the events that one client received, and which subscriptions have ended.
// It has the interface of DeliveryLog.

export class Recorder {
	constructor(name) {
		this.name = name;
		this.positions = new Map();
		this.events = [];
		this.endings = new Map();
	}

	position(channel) {
		return this.positions.get(channel);
	}

	subscribed(channel, { epoch, offset }) {
		if (!this.positions.has(channel))
			this.positions.set(channel, { epoch, offset });
		this.endings.delete(channel);
	}

	received(channel, offset, event) {
		this.positions.get(channel).offset = offset;
		this.events.push({ channel, offset, ...event });
	}

	ended(channel, why) {
		this.endings.set(channel, why);
	}

	error(channel, text) {
		this.ended(channel, text);
	}

	disconnected() {}

	// Whether the subscription, or the whole connection, has ended.
	hasEnded(channel) {
		return this.endings.has(channel) || this.endings.has('all');
	}

	eventsOn(channel) {
		return this.events.filter((event) => event.channel === channel);
	}
}
