/* The host keys that taupe knows, and where each is written. */
import { Trash2 } from "lucide-preact";
import type { KnownHost } from "../api/types";
import { ProblemNote } from "../components/ProblemNote";
import { t } from "../i18n/catalog";
import { open } from "../state/dialogs";
import { servers } from "../state/live";
import { useFetch } from "../state/use-fetch";

function names(host: KnownHost): string {
	return host.hashed ? t("page.hosts.hashed") : host.names;
}

function Row({ host, again }: { host: KnownHost; again: () => void }) {
	const used = host.server_ids.map((id) => servers.row(id)?.value.name).filter(Boolean).join(", ");

	return (
		<tr role="row">
			<td role="cell" data-label={t("page.hosts.names")}><span>{names(host)}{host.marker && <span class="tag">{host.marker}</span>}</span></td>
			<td role="cell" data-label={t("page.nav.servers")}>{used || "–"}</td>
			<td role="cell" data-label={t("page.prompt.key_type")}>{host.type}</td>
			<td role="cell" data-label={t("page.prompt.fingerprint")}><code class="fingerprint">{host.fingerprint}</code></td>
			<td role="cell" class="muted" data-label={t("page.hosts.file")}><code>{`${host.path}:${host.line}`}</code></td>
			<td role="cell">
				<button
					type="button"
					class="icon-button"
					aria-label={t("page.hosts.delete", { names: names(host), type: host.type })}
					title={t("page.delete")}
					onClick={() => open({ kind: "delete-host", host, onDone: again })}
				>
					<Trash2 aria-hidden="true" />
				</button>
			</td>
		</tr>
	);
}

export function KnownHosts() {
	const { data, problem, again } = useFetch<KnownHost[]>("/known-hosts", 10_000);

	return (
		<>
			<header class="view-head"><h1>{t("page.nav.hosts")}</h1></header>
			<p class="muted lead">{t("page.hosts.text")}</p>
			<ProblemNote problem={problem.value} />
			{data.value?.length === 0 && <p class="nothing">{t("page.hosts.none")}</p>}
			{data.value && data.value.length > 0 && (
				<div class="table-box host-table card" tabIndex={0} role="region" aria-label={t("page.nav.hosts")}>
					<table role="table">
						<thead>
							<tr>
								<th scope="col">{t("page.hosts.names")}</th>
								<th scope="col">{t("page.nav.servers")}</th>
								<th scope="col">{t("page.prompt.key_type")}</th>
								<th scope="col">{t("page.prompt.fingerprint")}</th>
								<th scope="col">{t("page.hosts.file")}</th>
								<td />
							</tr>
						</thead>
						<tbody>{data.value.map((host) => <Row key={host.id} host={host} again={again} />)}</tbody>
					</table>
				</div>
			)}
		</>
	);
}
