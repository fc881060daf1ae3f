import { beforeEach, describe, expect, it } from "vitest";
import { effect } from "@preact/signals";
import { answerForward, applyMessage, applySnapshot, forwards, loaded, moment, prompts, recentEvents, settings, tests, watchForwards } from "../src/state/live";
import { Collection } from "../src/state/collection";
import { EventStreamReader, type Message } from "../src/state/sse";
import { Sequencer } from "../src/state/sequencer";
import { change } from "../src/state/notify";
import { parse } from "../src/state/router";
import { SAMPLES, lastOf, ratesOf, sample, trafficOf } from "../src/state/traffic";
import { aForward, aServer } from "./fixtures";
import type { Settings } from "../src/api/types";

const someSettings = { language: null, theme: "system" } as Settings;
const snapshot = (ids: number[]) => ({
	forwards: ids.map((id) => aForward({ id, position: 10 - id })), servers: [aServer()], prompts: [], settings: someSettings,
});

beforeEach(() => applySnapshot(snapshot([1, 2])));

describe("messages", () => {
	it("change one row and leave the others alone", () => {
		let drawn = 0;
		const stop = effect(() => {
			forwards.row(2)?.value;
			drawn++;
		});

		applyMessage("forward", aForward({ id: 1, state: "connected", position: 9 }));
		expect(forwards.peek(1)?.state).toBe("connected");
		expect(drawn).toBe(1);
		applyMessage("traffic", [[2, 3, 4, 5, 6, 7, 8, 9]]);
		expect(trafficOf(2).value).toEqual({ connections: 3, total: 4, bytesIn: 5, bytesOut: 6, rateIn: 7, rateOut: 8, rttUs: 9 });
		expect(drawn).toBe(1);
		stop();
	});
	it("add and remove, in people's order", () => {
		expect(forwards.ids.value).toEqual([2, 1]);
		applyMessage("forward", aForward({ id: 3, position: 100 }));
		expect(forwards.ids.value).toEqual([2, 1, 3]);
		applyMessage("forward", aForward({ id: 3, position: 0 }));
		expect(forwards.ids.value).toEqual([3, 2, 1]);
		applyMessage("forward_removed", { id: 2 });
		expect(forwards.ids.value).toEqual([3, 1]);
		applyMessage("forward_removed", { id: 2 });
	});
	it("stand against an answer that comes late", () => {
		const since = moment();
		applyMessage("forward", aForward({ id: 1, state: "connected" }));
		answerForward(aForward({ id: 1, state: "connecting" }), since);
		expect(forwards.peek(1)?.state).toBe("connected");
		answerForward(aForward({ id: 2, state: "connecting" }), since);
		expect(forwards.peek(2)?.state).toBe("connecting");
		answerForward(aForward({ id: 1, state: "disconnected" }), moment());
		expect(forwards.peek(1)?.state).toBe("disconnected");
	});
	it("of unknown kinds are left aside", () => applyMessage("of_tomorrow", {}));
	it("bring events once, newest first, and not without end", () => {
		for (let id = 1; id <= 600; id++) applyMessage("event", { id });
		applyMessage("event", { id: 600 });
		expect(recentEvents.value.length).toBe(500);
		expect(recentEvents.value[0]?.id).toBe(600);
	});
	it("bring prompts, tests and settings", () => {
		applyMessage("prompt", { id: 7 });
		expect(prompts.ids.value).toEqual([7]);
		applyMessage("prompt_gone", { id: 7 });
		expect(prompts.ids.value).toEqual([]);
		applyMessage("test", { id: "t1", done: true });
		expect(tests.value.get("t1")?.done).toBe(true);
		applyMessage("settings", { ...someSettings, theme: "dark" });
		expect(settings.value?.theme).toBe("dark");
	});
	it("tell watchers what was before", () => {
		const seen: unknown[] = [];
		watchForwards((before, now) => seen.push([before?.state, now.state]));
		applyMessage("forward", aForward({ id: 1, state: "connecting" }));
		expect(seen).toEqual([["disconnected", "connecting"]]);
	});
});

describe("a snapshot", () => {
	it("replaces everything and keeps the rows that stay", () => {
		const row = forwards.row(1);

		expect(loaded.value).toBe(true);
		applySnapshot(snapshot([1, 5]));
		expect(forwards.ids.value).toEqual([5, 1]);
		expect(forwards.row(1)).toBe(row);
		expect(forwards.row(2)).toBeUndefined();
	});
});

describe("a collection", () => {
	it("keeps its order of ids while nothing moves", () => {
		const c = new Collection<{ id: number; at: number }>((a, b) => a.at - b.at);
		c.replace([{ id: 1, at: 2 }, { id: 2, at: 1 }]);
		const before = c.ids.value;

		c.put({ id: 1, at: 2 });
		expect(c.ids.value).toBe(before);
		expect(before).toEqual([2, 1]);
		expect(c.all.value.map((one) => one.id)).toEqual([2, 1]);
	});
});

describe("the stream", () => {
	function read(pieces: string[]): Message[] {
		const out: Message[] = [];
		const reader = new EventStreamReader((m) => out.push(m));
		pieces.forEach((piece) => reader.feed(piece));
		return out;
	}
	const text = "id: 3\nevent: forward\ndata: {\"a\":\ndata: 1}\n\n: alive\n\nid: 4\r\nevent:x\r\ndata:y\r\n\r\ndata: z\n\n";
	const wanted = [
		{ id: "3", kind: "forward", data: "{\"a\":\n1}" }, { id: "4", kind: "x", data: "y" }, { id: "4", kind: "message", data: "z" },
	];

	it("is read whole", () => expect(read([text])).toEqual(wanted));
	it("is read letter by letter", () => expect(read([...text])).toEqual(wanted));
	it("ends in the middle of a message without saying it", () => expect(read(["event: x\ndata: y\n"])).toEqual([]));
});

describe("after hello", () => {
	const message = (kind: string, data: unknown): Message => ({ id: "1", kind, data: JSON.stringify(data) });

	it("a resumed stream goes on at once", () => {
		let ready = 0;
		const s = new Sequencer(() => Promise.reject(new Error("not asked for")), () => ready++, () => {});

		s.take(message("hello", { version: "1", resumed: true }));
		expect(ready).toBe(1);
		s.take(message("forward", aForward({ id: 1, name: "new" })));
		expect(forwards.peek(1)?.name).toBe("new");
	});
	it("what comes while everything is fetched waits for it", async () => {
		let arrive!: () => void;
		let ready = 0;
		const s = new Sequencer(() => new Promise((resolve) => {
			arrive = () => {
				applySnapshot(snapshot([1]));
				resolve();
			};
		}), () => ready++, () => {});

		s.take(message("hello", { version: "1", resumed: false }));
		s.take(message("forward", aForward({ id: 1, name: "newer" })));
		expect(forwards.peek(1)?.name).toBe("MySQL");
		arrive();
		await Promise.resolve();
		await Promise.resolve();
		expect(ready).toBe(1);
		expect(forwards.peek(1)?.name).toBe("newer");
	});
	it("a failed fetch is told", async () => {
		let failed = 0;
		const s = new Sequencer(() => Promise.reject(new Error("cut")), () => {}, () => failed++);

		s.take(message("hello", { version: "1", resumed: false }));
		await new Promise((resolve) => setTimeout(resolve));
		expect(failed).toBe(1);
	});
});

describe("rates", () => {
	it("are kept a sample a second, and only of what carries", () => {
		applyMessage("traffic", [[1, 1, 1, 9, 9, 100, 50, 0]]);
		for (let i = 0; i < SAMPLES + 5; i++) sample();
		expect(ratesOf(2)).toBeUndefined();
		applyMessage("traffic", [[1, 1, 1, 9, 9, 7, 0, 0]]);
		sample();
		const r = ratesOf(1)!;
		expect(lastOf(r.in, r.at, 3)).toEqual([100, 100, 7]);
		expect(lastOf(r.out, r.at, SAMPLES).length).toBe(SAMPLES);
	});
});

describe("notifications", () => {
	const up = aForward({ wanted: true, state: "connected" });
	const down = aForward({ wanted: true, state: "reconnecting" });

	it("say lost, and back, once each", () => {
		const lost = new Set<number>();
		expect(change(undefined, up, lost)).toBeNull();
		expect(change(up, down, lost)).toBe("lost");
		expect(change(down, { ...down, state: "error" }, lost)).toBeNull();
		expect(change(down, up, lost)).toBe("back");
		expect(change(up, up, lost)).toBeNull();
	});
	it("say nothing of what was stopped", () => {
		const lost = new Set<number>();
		expect(change(up, aForward({ wanted: false, state: "disconnected" }), lost)).toBeNull();
		expect(change(down, up, lost)).toBeNull();
	});
});

describe("addresses", () => {
	it.each([
		["", "forwards", null], ["#/forwards/3", "forwards", 3], ["#/servers", "servers", null],
		["#/nowhere", "forwards", null], ["#/forwards/x", "forwards", null],
	])("%s", (hash, view, id) => expect(parse(hash)).toEqual({ view, id }));
});
