/* The last minute of a forward's rates as a small line. */
import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { lastOf, ratesOf, tick } from "../state/traffic";

const POINTS = 60;
const WIDTH = 88;
const HEIGHT = 22;

export function pathOf(values: readonly number[], top: number): string {
	const step = WIDTH / (values.length - 1);
	const y = (v: number): string => (HEIGHT - 1 - (v / top) * (HEIGHT - 3)).toFixed(1);

	return values.map((v, i) => `${i === 0 ? "M" : "L"}${(i * step).toFixed(1)} ${y(v)}`).join("");
}

export function Sparkline({ id }: { id: number }) {
	const inLine = useRef<SVGPathElement>(null);
	const outLine = useRef<SVGPathElement>(null);
	const svg = useRef<SVGSVGElement>(null);

	useEffect(() => {
		let drawn = "";

		return effect(() => {
			tick.value;
			const rates = ratesOf(id);
			if (!rates || document.hidden) return;
			const ins = lastOf(rates.in, rates.at, POINTS);
			const outs = lastOf(rates.out, rates.at, POINTS);
			const top = Math.max(1, ...ins, ...outs);
			const lines = [pathOf(ins, top), pathOf(outs, top)] as const;
			if (lines.join() === drawn) return;
			drawn = lines.join();
			svg.current?.setAttribute("data-drawn", "");
			inLine.current?.setAttribute("d", lines[0]);
			outLine.current?.setAttribute("d", lines[1]);
		});
	}, [id]);
	return (
		<svg ref={svg} class="spark" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
			<path ref={outLine} class="spark-out" />
			<path ref={inLine} class="spark-in" />
		</svg>
	);
}
