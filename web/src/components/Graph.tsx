/* A forward's traffic over time: live, by minute, by hour, by day. */
import { effect, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { query } from "../api/client";
import type { TrafficPoint } from "../api/types";
import { lang, locale, t } from "../i18n/catalog";
import { rate } from "../i18n/format";
import { ratesOf, tick } from "../state/traffic";
import { useFetch } from "../state/use-fetch";
import { historySeries, liveSeries, sinceOf, type Series, type Span } from "./graph-data";

const HEIGHT = 200;
const SPANS: readonly Span[] = ["live", "minute", "hour", "day"];
const REFETCH_MS = 30_000;

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const CLOCKS: Record<Span, Intl.DateTimeFormatOptions> = {
	live: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
	minute: { hour: "2-digit", minute: "2-digit" },
	hour: { weekday: "short", hour: "2-digit", minute: "2-digit" },
	day: { day: "numeric", month: "short" },
};

function options(width: number, span: Span): uPlot.Options {
	const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
	const line = (label: string, name: string): uPlot.Series => ({
		label, stroke: colour(name), fill: `${colour(name)}22`, width: 1.5, points: { show: false },
		value: (_, v) => (v === null ? "–" : rate(v)),
	});
	const clock = new Intl.DateTimeFormat(locale.peek(), CLOCKS[span]);

	return {
		width,
		height: HEIGHT,
		legend: { live: true },
		cursor: { points: { size: 7 }, drag: { x: false, y: false } },
		scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1000)] } },
		axes: [
			{ ...axis, space: 90, size: 34, values: (_, times) => times.map((s) => clock.format(s * 1000)) },
			{ ...axis, size: 84, values: (_, rates) => rates.map((r) => rate(r)) },
		],
		series: [
			{ value: (_, s) => (s === null ? "–" : clock.format(s * 1000)), label: t("page.graph.time") },
			line(t("page.bytes.in"), "--in"),
			line(t("page.bytes.out"), "--out"),
		],
	};
}

function usePlot(span: Span, data: () => Series, deps: readonly unknown[]) {
	const box = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);

	useEffect(() => {
		const at = box.current!;
		const draw = (): void => {
			plot.current?.destroy();
			plot.current = new uPlot(options(at.clientWidth, span), data(), at);
		};
		const scheme = matchMedia("(prefers-color-scheme: dark)");
		const size = new ResizeObserver(() => plot.current?.setSize({ width: at.clientWidth, height: HEIGHT }));
		const theme = new MutationObserver(draw);

		draw();
		size.observe(at);
		scheme.addEventListener("change", draw);
		theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
		return () => {
			size.disconnect();
			theme.disconnect();
			scheme.removeEventListener("change", draw);
			plot.current?.destroy();
			plot.current = null;
		};
	}, [span, lang.value, ...deps]);
	return { box, plot };
}

function Live({ id }: { id: number }) {
	const series = (): Series => liveSeries(ratesOf(id), Date.now());
	const { box, plot } = usePlot("live", series, [id]);

	useEffect(() => effect(() => {
		tick.value;
		if (!document.hidden) plot.current?.setData(series());
	}), [id]);
	return <div ref={box} class="plot" />;
}

function History({ id, span }: { id: number; span: Exclude<Span, "live"> }) {
	const path = useMemo(() => `/forwards/${id}/traffic${query({ by: span, since: sinceOf(span, Date.now()) })}`, [id, span]);
	const { data } = useFetch<TrafficPoint[]>(path, REFETCH_MS);
	const { box } = usePlot(span, () => historySeries(data.value ?? [], span, Date.now()), [data.value]);

	return <div ref={box} class="plot" />;
}

export function Graph({ id }: { id: number }) {
	const span = useSignal<Span>("live");

	return (
		<section class="card">
			<header class="card-head">
				<h2>{t("page.graph.title")}</h2>
				<div class="segments" role="group" aria-label={t("page.graph.span")}>
					{SPANS.map((one) => (
						<button key={one} type="button" aria-pressed={span.value === one} onClick={() => { span.value = one; }}>
							{t(`page.graph.${one}`)}
						</button>
					))}
				</div>
			</header>
			{span.value === "live" ? <Live id={id} /> : <History id={id} span={span.value} />}
		</section>
	);
}
