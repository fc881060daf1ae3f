/* The connections that a forward carries now, each with its end. */
import { Unplug } from "lucide-preact";
import { Problem, del } from "../api/client";
import type { Connection } from "../api/types";
import { t, tn } from "../i18n/catalog";
import { bytes, duration, millis } from "../i18n/format";
import { complain } from "../state/toasts";
import { useFetch } from "../state/use-fetch";
import { ProblemNote } from "./ProblemNote";

const EVERY_MS = 2000;

async function kill(c: Connection, then: () => void): Promise<void> {
	try {
		await del(`/connections/${encodeURIComponent(c.id)}`);
	} catch (e) {
		if (!(e instanceof Problem) || e.status !== 404) complain(e);
	}
	then();
}

function Row({ c, again }: { c: Connection; again: () => void }) {
	return (
		<tr>
			<td><code>{c.client ?? "–"}</code></td>
			<td>{c.process ? <>{c.process.name} <span class="muted">{c.process.pid}</span></> : "–"}</td>
			<td><code>{c.destination ?? "–"}</code></td>
			<td class="number">{duration(c.age_s)}</td>
			<td class="number">{bytes(c.bytes_in)}</td>
			<td class="number">{bytes(c.bytes_out)}</td>
			<td class="number">{millis(c.rtt_us)}</td>
			<td>
				<button
					type="button"
					class="icon-button"
					aria-label={t("page.connections.kill", { client: c.client ?? c.id })}
					title={t("page.connections.kill_title")}
					onClick={() => void kill(c, again)}
				>
					<Unplug aria-hidden="true" />
				</button>
			</td>
		</tr>
	);
}

export function Connections({ forwardId }: { forwardId: number }) {
	const { data, problem, again } = useFetch<{ total: number; connections: Connection[] }>(`/forwards/${forwardId}/connections`, EVERY_MS);
	const list = data.value?.connections ?? [];

	return (
		<section class="card">
			<h2>{t("page.connections.title")}</h2>
			<ProblemNote problem={problem.value} />
			{data.value && list.length === 0 && <p class="muted">{t("page.connections.none")}</p>}
			{list.length > 0 && (
				<div class="table-box" tabIndex={0} role="region" aria-label={t("page.connections.title")}>
					<table>
						<thead>
							<tr>
								<th scope="col">{t("page.connections.client")}</th>
								<th scope="col">{t("page.connections.process")}</th>
								<th scope="col">{t("page.connections.destination")}</th>
								<th scope="col" class="number">{t("page.connections.age")}</th>
								<th scope="col" class="number">{t("page.bytes.in")}</th>
								<th scope="col" class="number">{t("page.bytes.out")}</th>
								<th scope="col" class="number">{t("page.rtt")}</th>
								<td />
							</tr>
						</thead>
						<tbody>{list.map((c) => <Row key={c.id} c={c} again={again} />)}</tbody>
					</table>
				</div>
			)}
			{data.value && data.value.total > list.length && <p class="muted">{tn("page.connections.more", data.value.total - list.length)}</p>}
		</section>
	);
}
