/* What the daemon last said, and how its messages change it. */
import { batch, signal } from "@preact/signals";
import type { Event, Forward, Prompt, Server, Settings, Test, TrafficRow } from "../api/types";
import { Collection } from "./collection";
import * as traffic from "./traffic";

const byPosition = (a: Forward, b: Forward): number => a.position - b.position || a.id - b.id;
const byName = (a: Server, b: Server): number => a.name.localeCompare(b.name) || a.id - b.id;

export const forwards = new Collection<Forward>(byPosition);
export const servers = new Collection<Server>(byName);
export const prompts = new Collection<Prompt>((a, b) => a.id - b.id);
export const settings = signal<Settings | null>(null);
export const tests = signal<ReadonlyMap<string, Test>>(new Map());
/* Newest first; those that came while the page was open. */
export const recentEvents = signal<readonly Event[]>([]);
/* False until the first answer: an empty list is not yet known to be one. */
export const loaded = signal(false);

const EVENTS_KEPT = 500;

export interface Snapshot {
	forwards: Forward[];
	servers: Server[];
	prompts: Prompt[];
	settings: Settings;
}

export function applySnapshot(s: Snapshot): void {
	batch(() => {
		for (const id of forwards.ids.peek())
			if (!s.forwards.some((f) => f.id === id)) traffic.forget(id);
		s.forwards.forEach(traffic.setFromForward);
		forwards.replace(s.forwards);
		servers.replace(s.servers);
		prompts.replace(s.prompts);
		settings.value = s.settings;
		loaded.value = true;
	});
}

function putForward(f: Forward): void {
	batch(() => {
		traffic.setFromForward(f);
		forwards.put(f);
	});
}

/* An answer may come after what the stream said later: a request takes the moment
 * before it is sent, and what was told since then stands. */
let messages = 0;
const told = new Map<string, number>();

export const moment = (): number => messages;
const isToldSince = (what: string, since: number): boolean => (told.get(what) ?? 0) > since;

export function answerForward(f: Forward, since: number): void {
	if (!isToldSince(`forward ${f.id}`, since)) putForward(f);
}

export function answerServer(s: Server, since: number): void {
	if (!isToldSince(`server ${s.id}`, since)) servers.put(s);
}

function putTest(test: Test): void {
	tests.value = new Map(tests.peek()).set(test.id, test);
}

function addEvent(event: Event): void {
	const before = recentEvents.peek();

	if (before.some((one) => one.id === event.id)) return;
	recentEvents.value = [event, ...before].slice(0, EVENTS_KEPT);
}

type Watcher = (before: Forward | undefined, now: Forward) => void;
const watchers: Watcher[] = [];

/* Called for each forward that the stream tells of. */
export function watchForwards(fn: Watcher): void {
	watchers.push(fn);
}

const handlers: Record<string, (data: never) => void> = {
	forward(f: Forward) {
		const before = forwards.peek(f.id);
		putForward(f);
		for (const fn of watchers) fn(before, f);
	},
	forward_removed({ id }: { id: number }) {
		forwards.remove(id);
		traffic.forget(id);
	},
	server: (s: Server) => servers.put(s),
	server_removed: ({ id }: { id: number }) => servers.remove(id),
	traffic: (rows: TrafficRow[]) => traffic.setFromRows(rows),
	event: addEvent,
	prompt: (p: Prompt) => prompts.put(p),
	prompt_gone: ({ id }: { id: number }) => prompts.remove(id),
	test: putTest,
	settings(s: Settings) {
		settings.value = s;
	},
};

/* A kind that is not known is of a newer daemon: left aside. */
export function applyMessage(kind: string, data: unknown): void {
	messages++;
	if (kind === "forward" || kind === "server") told.set(`${kind} ${(data as { id: number }).id}`, messages);
	handlers[kind]?.(data as never);
}
