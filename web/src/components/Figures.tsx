/* A forward's live figures. They change as text only, without drawing the row anew. */
import { useComputed } from "@preact/signals";
import { t } from "../i18n/catalog";
import { bytes, connections, rate } from "../i18n/format";
import { trafficOf } from "../state/traffic";
import { Sparkline } from "./Sparkline";

export function Figures({ id }: { id: number }) {
	const now = trafficOf(id);
	const count = useComputed(() => connections(now.value.connections));
	const totalIn = useComputed(() => bytes(now.value.bytesIn));
	const totalOut = useComputed(() => bytes(now.value.bytesOut));
	const rateIn = useComputed(() => (now.value.rateIn ? rate(now.value.rateIn) : ""));
	const rateOut = useComputed(() => (now.value.rateOut ? rate(now.value.rateOut) : ""));

	return (
		<div class="figures">
			<span class="figure-connections">{count}</span>
			<Sparkline id={id} />
			<span class="figure">
				<span class="figure-total" title={t("page.bytes.in")}>
					<span class="in" aria-hidden="true">↓</span><span class="hidden">{t("page.bytes.in")} </span>{totalIn}
				</span>
				<span class="figure-rate">{rateIn}</span>
			</span>
			<span class="figure">
				<span class="figure-total" title={t("page.bytes.out")}>
					<span class="out" aria-hidden="true">↑</span><span class="hidden">{t("page.bytes.out")} </span>{totalOut}
				</span>
				<span class="figure-rate">{rateOut}</span>
			</span>
		</div>
	);
}
