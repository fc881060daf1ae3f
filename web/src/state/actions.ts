/*
 * What the reader asks for. While the daemon has not answered, the row shows as
 * pending; the answer is the state to show, and the stream's follow.
 */
import { batch, signal, type Signal } from "@preact/signals";
import { del, patch, post, query } from "../api/client";
import type { Forward, Server } from "../api/types";
import { answerForward, forwards, moment, servers } from "./live";
import { streamState } from "./stream";
import { complain } from "./toasts";
import { forget } from "./traffic";

export type Verb = "start" | "stop" | "restart";

const pending = new Map<number, Signal<number>>();

export function pendingOf(id: number): Signal<number> {
	let one = pending.get(id);

	if (!one) pending.set(id, (one = signal(0)));
	return one;
}

function mark(ids: readonly number[], by: 1 | -1): void {
	batch(() => {
		for (const id of ids) pendingOf(id).value += by;
	});
}

/* True when it was done; a failure has been said. */
async function attempt(ids: readonly number[], work: () => Promise<void>): Promise<boolean> {
	mark(ids, 1);
	try {
		await work();
		return true;
	} catch (e) {
		complain(e);
		return false;
	} finally {
		mark(ids, -1);
	}
}

export function act(id: number, verb: Verb): Promise<boolean> {
	return attempt([id], async () => {
		const since = moment();
		answerForward(await post<Forward>(`/forwards/${id}/${verb}`), since);
	});
}

export function actOnMany(ids: readonly number[], verb: Verb): Promise<boolean> {
	if (ids.length === 0) return Promise.resolve(true);
	return attempt(ids, async () => {
		const since = moment();
		const changed = await post<Forward[]>(`/forwards/${verb}`, { ids });
		batch(() => changed.forEach((f) => answerForward(f, since)));
	});
}

export function removeForward(f: Forward): Promise<boolean> {
	return attempt([f.id], async () => {
		await del(`/forwards/${f.id}${query({ stop: f.wanted })}`, f.revision);
		if (streamState.peek() === "live") return; /* it says so itself, in turn */
		forwards.remove(f.id);
		forget(f.id);
	});
}

/* Another local port, and up again if it was wanted. */
export function takePort(f: Forward, port: number): Promise<boolean> {
	return attempt([f.id], async () => {
		const since = moment();
		answerForward(await patch<Forward>(
			`/forwards/${f.id}${query({ stop: f.wanted, start: f.wanted })}`,
			{ local_port: port }, f.revision), since);
	});
}

export async function reconnect(s: Server): Promise<void> {
	try {
		await post(`/servers/${s.id}/reconnect`);
	} catch (e) {
		complain(e);
	}
}

export async function removeServer(s: Server, withForwards: boolean): Promise<boolean> {
	try {
		await del(`/servers/${s.id}${query({ stop: withForwards, forwards: withForwards })}`, s.revision);
		if (streamState.peek() !== "live") servers.remove(s.id);
		return true;
	} catch (e) {
		complain(e);
		return false;
	}
}
