/*
 * What flows through each forward: the newest figures as a signal, and the last
 * two minutes of rates, a sample a second, for sparklines and the live graph.
 */
import { batch, signal, type Signal } from "@preact/signals";
import type { Forward, TrafficRow } from "../api/types";

export const SAMPLES = 120;

export interface Traffic {
	connections: number;
	total: number;
	bytesIn: number;
	bytesOut: number;
	rateIn: number;
	rateOut: number;
	rttUs: number | null;
}

/* A ring; `at` is where the next sample goes. */
export interface Rates {
	in: Float64Array;
	out: Float64Array;
	at: number;
}

const NOTHING: Traffic = {
	connections: 0, total: 0, bytesIn: 0, bytesOut: 0, rateIn: 0, rateOut: 0, rttUs: null,
};

const figures = new Map<number, Signal<Traffic>>();
const rates = new Map<number, Rates>();

/* Goes up with every sample. */
export const tick = signal(0);

export function trafficOf(id: number): Signal<Traffic> {
	let one = figures.get(id);

	if (!one) figures.set(id, (one = signal(NOTHING)));
	return one;
}

/* undefined: nothing has flowed yet. */
export function ratesOf(id: number): Rates | undefined {
	return rates.get(id);
}

export function setFromForward(f: Forward): void {
	trafficOf(f.id).value = {
		connections: f.connections,
		total: f.connections_total,
		bytesIn: f.bytes_in,
		bytesOut: f.bytes_out,
		rateIn: f.rate_in,
		rateOut: f.rate_out,
		rttUs: f.rtt_us,
	};
}

export function setFromRows(rows: readonly TrafficRow[]): void {
	batch(() => {
		for (const [id, connections, total, bytesIn, bytesOut, rateIn, rateOut, rttUs] of rows)
			trafficOf(id).value = { connections, total, bytesIn, bytesOut, rateIn, rateOut, rttUs };
	});
}

export function forget(id: number): void {
	figures.delete(id);
	rates.delete(id);
}

/* One more sample of each: of those that never carried anything none is kept. */
export function sample(): void {
	for (const [id, figure] of figures) {
		const now = figure.peek();
		let ring = rates.get(id);

		if (!ring) {
			if (now.rateIn === 0 && now.rateOut === 0) continue;
			ring = { in: new Float64Array(SAMPLES), out: new Float64Array(SAMPLES), at: 0 };
			rates.set(id, ring);
		}
		ring.in[ring.at] = now.rateIn;
		ring.out[ring.at] = now.rateOut;
		ring.at = (ring.at + 1) % SAMPLES;
	}
	tick.value++;
}

/* The last n samples, oldest first. */
export function lastOf(ring: Float64Array, at: number, n: number): number[] {
	return Array.from({ length: n }, (_, i) =>
		ring[(at - n + i + 2 * ring.length) % ring.length]!);
}
