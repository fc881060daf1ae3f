/*
 * The live stream. It says hello first; when the daemon could not give back what
 * was missed, everything is fetched anew, and what comes meanwhile waits for it.
 * Silence past the daemon's own sign of life counts as a cut. A cut stream comes
 * back by itself, sooner when the network or the reader does.
 */
import { effect, signal } from "@preact/signals";
import { BASE, Problem, get, headers, problemOf, query } from "../api/client";
import type { Forward, Prompt, Server, Settings } from "../api/types";
import { lang } from "../i18n/catalog";
import { applyMessage, applySnapshot } from "./live";
import { sample } from "./traffic";
import { EventStreamReader, type Message } from "./sse";

export type StreamState = "opening" | "live" | "cut" | "refused";

export const streamState = signal<StreamState>("opening");
export const daemonVersion = signal("");

const SILENCE_MS = 40_000; /* the daemon says something every 15 s */
const PAUSES_MS = [250, 500, 1000, 2000, 4000];

let lastId = "";
let attempt = 0;
let running: AbortController | null = null;
let pause: ReturnType<typeof setTimeout> | undefined;
let started = false;

export async function fetchSnapshot(): Promise<void> {
	const [forwards, servers, prompts, settings] = await Promise.all([
		get<Forward[]>("/forwards"),
		get<Server[]>("/servers"),
		get<Prompt[]>("/prompts"),
		get<Settings>("/settings"),
	]);

	applySnapshot({ forwards, servers, prompts, settings });
}

interface Hello {
	version: string;
	resumed: boolean;
}

/* Applies messages in order, after the snapshot that they wait for. */
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
		daemonVersion.value = h.version;
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

function retry(): void {
	streamState.value = "cut";
	clearTimeout(pause);
	const wait = PAUSES_MS[Math.min(attempt++, PAUSES_MS.length - 1)]!;
	pause = setTimeout(() => void run(), wait);
}

async function read(control: AbortController): Promise<void> {
	const response = await fetch(`${BASE}/stream${query({ lang: lang.peek(), last_id: lastId })}`, {
		headers: headers({ Accept: "text/event-stream" }),
		credentials: "same-origin",
		cache: "no-store",
		signal: control.signal,
	});
	if (!response.ok || !response.body) throw await problemOf(response);

	const order = new Sequencer(fetchSnapshot, () => {
		attempt = 0;
		streamState.value = "live";
	}, () => control.abort());
	const events = new EventStreamReader((message) => {
		order.take(message);
		if (message.id) lastId = message.id;
	});
	const decoder = new TextDecoder();
	const reader = response.body.getReader();
	let alarm: ReturnType<typeof setTimeout> | undefined;
	try {
		for (;;) {
			clearTimeout(alarm);
			alarm = setTimeout(() => control.abort(), SILENCE_MS);
			const { done, value } = await reader.read();
			if (done) return;
			events.feed(decoder.decode(value, { stream: true }));
		}
	} finally {
		clearTimeout(alarm);
	}
}

async function run(): Promise<void> {
	clearTimeout(pause);
	running?.abort();
	const control = (running = new AbortController());
	try {
		await read(control);
	} catch (e) {
		if (e instanceof Problem && e.status === 401) {
			streamState.value = "refused";
			return;
		}
	}
	if (running === control) retry();
}

/* Now rather than after the pause. */
export function retryNow(): void {
	if (started && streamState.peek() !== "live") void run();
}

export function start(): void {
	if (started) return;
	started = true;
	setInterval(sample, 1000);
	addEventListener("online", retryNow);
	document.addEventListener("visibilitychange", () => {
		if (!document.hidden) retryNow();
	});
	/* The stream speaks one language: another one means another stream, and
	 * everything anew. */
	effect(() => {
		lang.value;
		lastId = "";
		void run();
	});
}
