/* What the graph shows: points in time with bytes a second each way. */
import type { TrafficPoint } from "../api/types";
import { SAMPLES, lastOf, type Rates } from "../state/traffic";

export type Series = [times: number[], ins: number[], outs: number[]];
export type Span = "live" | "minute" | "hour" | "day";

const STEP_S = { minute: 60, hour: 3600, day: 86400 } as const;
const STEPS = { minute: 60, hour: 48, day: 31 } as const;

export function liveSeries(rates: Rates | undefined, nowMs: number): Series {
	const last = Math.floor(nowMs / 1000);
	const times = Array.from({ length: SAMPLES }, (_, i) => last - SAMPLES + 1 + i);
	const zeros = (): number[] => new Array<number>(SAMPLES).fill(0);

	if (!rates) return [times, zeros(), zeros()];
	return [times, lastOf(rates.in, rates.at, SAMPLES), lastOf(rates.out, rates.at, SAMPLES)];
}

/* Steps that the daemon leaves out carried nothing. */
export function historySeries(points: readonly TrafficPoint[], span: Exclude<Span, "live">, nowMs: number): Series {
	const step = STEP_S[span];
	const at = new Map(points.map((p) => [Math.floor(Date.parse(p.start) / 1000 / step), p]));
	const last = Math.floor(nowMs / 1000 / step);
	const numbers = Array.from({ length: STEPS[span] }, (_, i) => last - STEPS[span] + 1 + i);

	return [
		numbers.map((n) => n * step),
		numbers.map((n) => (at.get(n)?.bytes_in ?? 0) / step),
		numbers.map((n) => (at.get(n)?.bytes_out ?? 0) / step),
	];
}

export function sinceOf(span: Exclude<Span, "live">, nowMs: number): string {
	return new Date(nowMs - STEP_S[span] * STEPS[span] * 1000).toISOString();
}
