/* The SSH servers, and the links that are open to them. */
import { Activity, Pencil, Plus, RefreshCw, Trash2 } from "lucide-preact";
import { useEffect } from "preact/hooks";
import { get } from "../api/client";
import type { Server, Trouble } from "../api/types";
import { NextTry, Since } from "../components/Since";
import { State } from "../components/State";
import { t, tn } from "../i18n/catalog";
import { bytes, millis } from "../i18n/format";
import { reconnect } from "../state/actions";
import { open } from "../state/dialogs";
import { answerServer, loaded, moment, servers } from "../state/live";

function target(s: Server): string {
	const host = s.host.includes(":") ? `[${s.host}]` : s.host;

	return `${s.user ? `${s.user}@` : ""}${host}${s.port === 22 ? "" : `:${s.port}`}`;
}

function Buttons({ server }: { server: Server }) {
	const icon = (label: string, run: () => void, drawing: preact.JSX.Element) => (
		<button type="button" class="icon-button" aria-label={label} title={label} onClick={run}>{drawing}</button>
	);

	return (
		<div class="row-buttons">
			<button type="button" class="button" onClick={() => open({ kind: "test", forwardId: null, serverId: server.id, title: server.name })}>
				<Activity aria-hidden="true" />{t("page.test")}
			</button>
			{server.forwards_wanted > 0 && icon(t("page.server.reconnect"), () => void reconnect(server), <RefreshCw aria-hidden="true" />)}
			{icon(t("page.edit"), () => open({ kind: "server", server }), <Pencil aria-hidden="true" />)}
			{icon(t("page.delete"), () => open({ kind: "delete-server", server }), <Trash2 aria-hidden="true" />)}
		</div>
	);
}

function Links({ server }: { server: Server }) {
	if (server.links.length === 0) return null;
	return (
		<details class="links">
			<summary>{tn("page.count.links", server.links.length)}{server.rtt_us ? ` · ${millis(server.rtt_us)}` : ""}</summary>
			<div class="table-box" tabIndex={0} role="region" aria-label={t("page.server.links")}>
				<table>
					<thead>
						<tr>
							<th scope="col">{t("page.server.link")}</th>
							<th scope="col" class="number">{t("page.connections.title")}</th>
							<th scope="col" class="number">{t("page.rtt")}</th>
							<th scope="col" class="number">{t("page.bytes.in")}</th>
							<th scope="col" class="number">{t("page.bytes.out")}</th>
							<th scope="col">{t("page.server.up_for")}</th>
						</tr>
					</thead>
					<tbody>
						{server.links.map((l) => (
							<tr key={l.no}>
								<td>{l.no}</td>
								<td class="number">{l.connections}</td>
								<td class="number">{millis(l.rtt_us)}</td>
								<td class="number">{bytes(l.bytes_in)}</td>
								<td class="number">{bytes(l.bytes_out)}</td>
								<td>{l.up_since && <Since at={l.up_since} />}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
			<p class="muted">{[server.server_version, server.kex, server.cipher, server.host_key].filter(Boolean).join(" · ")}</p>
		</details>
	);
}

function Wrong({ server, trouble }: { server: Server; trouble: Trouble }) {
	return (
		<div class="trouble">
			<p><strong>{trouble.message}</strong> {trouble.offer}</p>
			{trouble.code === "host_key_changed" && (
				<button type="button" class="button small" onClick={() => open({ kind: "key-changed", serverId: server.id, trouble })}>
					{t("page.key_changed.compare")}
				</button>
			)}
		</div>
	);
}

function Row({ id }: { id: number }) {
	const s = servers.row(id)?.value;

	if (!s) return null;
	return (
		<li class="row server-row">
			<State state={s.state} />
			<div class="row-main">
				<p class="row-title"><span class="row-name">{s.name}</span></p>
				<p class="route">
					<code>{target(s)}</code>
					{(s.jump_server ?? s.proxy_jump) && <span class="route-via">{t("page.route.via", { server: s.jump_server ?? s.proxy_jump ?? "" })}</span>}
				</p>
			</div>
			<p class="muted server-count">
				{tn("page.count.forwards", s.forwards)}
				{s.next_try_at && <><br /><NextTry at={s.next_try_at} /></>}
			</p>
			<Buttons server={s} />
			<Links server={s} />
			{s.error && <Wrong server={s} trouble={s.error} />}
		</li>
	);
}

const LINKS_MS = 3000;

/* The stream tells of a server's state, not of each byte on its links. */
function useLinks(): void {
	useEffect(() => {
		async function load(): Promise<void> {
			if (document.hidden) return;
			const since = moment();
			const fresh = await get<Server[]>("/servers").catch(() => []);
			for (const s of fresh) if (servers.peek(s.id)) answerServer(s, since);
		}
		const timer = setInterval(() => void load(), LINKS_MS);

		void load();
		return () => clearInterval(timer);
	}, []);
}

export function Servers() {
	const ids = servers.ids.value;

	useLinks();
	return (
		<>
			<header class="view-head">
				<h1>{t("page.nav.servers")}</h1>
				<button type="button" class="button primary" onClick={() => open({ kind: "server" })}>
					<Plus aria-hidden="true" />{t("page.server.add_title")}
				</button>
			</header>
			{loaded.value && ids.length === 0 && <p class="nothing">{t("page.server.none")}</p>}
			{ids.length > 0 && <ul role="list" class="rows">{ids.map((id) => <Row key={id} id={id} />)}</ul>}
		</>
	);
}
