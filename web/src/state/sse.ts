/* Reads text/event-stream as it comes, in pieces cut anywhere. */
export interface Message {
	id: string;
	kind: string;
	data: string;
}

export class EventStreamReader {
	private rest = "";
	private kind = "";
	private data: string[] = [];
	private lastId = "";
	private readonly onMessage: (message: Message) => void;

	constructor(onMessage: (message: Message) => void) {
		this.onMessage = onMessage;
	}

	feed(piece: string): void {
		const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);

		this.rest = lines.pop()!;
		for (const line of lines) this.line(line);
	}

	private line(line: string): void {
		if (line === "") return this.dispatch();
		const colon = line.indexOf(":");
		if (colon === 0) return; /* a comment keeps the line alive */
		const field = colon < 0 ? line : line.slice(0, colon);
		const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
		if (field === "data") this.data.push(value);
		else if (field === "event") this.kind = value;
		else if (field === "id") this.lastId = value;
	}

	private dispatch(): void {
		if (this.data.length > 0)
			this.onMessage({ id: this.lastId, kind: this.kind || "message", data: this.data.join("\n") });
		this.kind = "";
		this.data = [];
	}
}
