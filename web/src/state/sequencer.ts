/*
 * The order of what the stream says. After hello the page either goes on where it
 * was, or fetches everything anew, and what comes meanwhile waits for that.
 */
import { applyMessage } from "./live";
import type { Message } from "./sse";

interface Hello {
	resumed: boolean;
}

export class Sequencer {
	private waiting: Message[] | null = null;
	private readonly refetch: () => Promise<void>;
	private readonly onReady: () => void;
	private readonly onFailed: () => void;

	constructor(refetch: () => Promise<void>, onReady: () => void, onFailed: () => void) {
		this.refetch = refetch;
		this.onReady = onReady;
		this.onFailed = onFailed;
	}

	take(message: Message): void {
		if (message.kind === "hello") this.hello(JSON.parse(message.data) as Hello);
		else if (this.waiting) this.waiting.push(message);
		else applyMessage(message.kind, JSON.parse(message.data));
	}

	private hello(h: Hello): void {
		if (h.resumed) return this.onReady();
		this.waiting = [];
		this.refetch().then(() => {
			const late = this.waiting ?? [];
			this.waiting = null;
			for (const m of late) applyMessage(m.kind, JSON.parse(m.data));
			this.onReady();
		}, this.onFailed);
	}
}
