/*
 * The live stream. It says hello first; when the daemon could not give back what
 * was missed, everything is fetched anew, and what comes meanwhile waits for it.
 * Silence past the daemon's own sign of life counts as a cut. A cut stream comes
 * back by itself, sooner when the network or the reader does. Browsers give a host
 * six connections for all windows together, so one that is not looked at lets go of
 * its stream, unless it has to notify.
 */
import { batch, effect, signal } from "@preact/signals";
import { BASE, Problem, get, headers, problemOf, query } from "../api/client";
import type { Forward, Prompt, Server, Settings } from "../api/types";
import { lang } from "../i18n/catalog";
import { applySnapshot } from "./live";
import { notifyState } from "./notify";
import { Sequencer } from "./sequencer";
import { takeBackUnreachable } from "./toasts";
import { sample } from "./traffic";
import { EventStreamReader } from "./sse";

export type StreamState = "opening" | "live" | "cut" | "refused";

export const streamState = signal<StreamState>("opening");

const SILENCE_MS = 40_000; /* the daemon says something every 15 s */
const UNSEEN_MS = 60_000;
const PAUSES_MS = [250, 500, 1000, 2000, 4000];

let lastId = "";
let attempt = 0;
let running: AbortController | null = null;
let pause: ReturnType<typeof setTimeout> | undefined;
let started = false;
let asleep = false;
let unseen: ReturnType<typeof setTimeout> | undefined;

export async function fetchSnapshot(): Promise<void> {
	const [forwards, servers, prompts, settings] = await Promise.all([
		get<Forward[]>("/forwards"),
		get<Server[]>("/servers"),
		get<Prompt[]>("/prompts"),
		get<Settings>("/settings"),
	]);

	applySnapshot({ forwards, servers, prompts, settings });
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
		takeBackUnreachable();
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
			batch(() => events.feed(decoder.decode(value, { stream: true })));
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
	if (running === control && !asleep) retry();
}

/* Now rather than after the pause. */
export function retryNow(): void {
	if (started && streamState.peek() !== "live") void run();
}

function fallAsleep(): void {
	if (notifyState.peek() === "on") return;
	asleep = true;
	clearTimeout(pause);
	streamState.value = "opening";
	running?.abort();
}

function onVisibility(): void {
	clearTimeout(unseen);
	if (document.hidden) {
		unseen = setTimeout(fallAsleep, UNSEEN_MS);
		return;
	}
	asleep = false;
	retryNow();
}

export function start(): void {
	if (started) return;
	started = true;
	setInterval(sample, 1000);
	addEventListener("online", retryNow);
	document.addEventListener("visibilitychange", onVisibility);
	/* The stream speaks one language: another one means another stream, and
	 * everything anew. */
	effect(() => {
		lang.value;
		lastId = "";
		void run();
	});
}
