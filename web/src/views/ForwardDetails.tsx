/* Everything about one forward. */
import { Activity, ArrowLeft, Copy, ExternalLink } from "lucide-preact";
import { query } from "../api/client";
import type { Event, Forward } from "../api/types";
import { Connections } from "../components/Connections";
import { EventLog, merge } from "../components/EventLog";
import { ForwardButtons } from "../components/ForwardButtons";
import { copy } from "../components/ForwardMenu";
import { Graph } from "../components/Graph";
import { PathDrawing } from "../components/PathDrawing";
import { Since, Until } from "../components/Since";
import { State, TypeBadge } from "../components/State";
import { TroubleNote } from "../components/Trouble";
import { formOf, type ForwardForm } from "../forwards/form";
import { browserUrl, localAddress } from "../forwards/sides";
import { t } from "../i18n/catalog";
import { bytes, count, millis, rate } from "../i18n/format";
import { open } from "../state/dialogs";
import { forwards, loaded, recentEvents } from "../state/live";
import { href } from "../state/router";
import { trafficOf } from "../state/traffic";
import { useFetch } from "../state/use-fetch";

function Figure({ label, value, more }: { label: string; value: string; more?: string }) {
	return <div class="stat"><dt>{label}</dt><dd>{value}{more && <small>{more}</small>}</dd></div>;
}

function Stats({ id }: { id: number }) {
	const now = trafficOf(id).value;

	return (
		<dl class="stats">
			<Figure label={t("page.connections.title")} value={count(now.connections)} more={t("page.stat.total", { n: count(now.total) })} />
			<Figure label={t("page.bytes.in")} value={bytes(now.bytesIn)} more={rate(now.rateIn)} />
			<Figure label={t("page.bytes.out")} value={bytes(now.bytesOut)} more={rate(now.rateOut)} />
			<Figure label={t("page.rtt")} value={millis(now.rttUs)} />
		</dl>
	);
}

function When({ forward }: { forward: Forward }) {
	return (
		<p class="when">
			<State state={forward.state} standby={forward.standby} />
			{forward.since && <span class="muted">{t("page.since")} <Since at={forward.since} /></span>}
			{forward.auto_off_at && <span class="muted">{t("page.auto_off")} <Until at={forward.auto_off_at} /></span>}
		</p>
	);
}

/* With the port that was picked in place of a 0. */
function boundForm(f: Forward): ForwardForm {
	const form = formOf(f);

	if (!f.bound_port) return form;
	return { ...form, [f.type === "remote" ? "remotePort" : "localPort"]: String(f.bound_port) };
}

function Use({ forward }: { forward: Forward }) {
	const address = localAddress(forward);
	const url = browserUrl(forward);

	return (
		<section class="card">
			<h2>{t("page.use.title")}</h2>
			<PathDrawing form={boundForm(forward)} server={forward.server} />
			<ul class="uses">
				{address && (
					<li>
						<code>{address}</code>
						<button type="button" class="button small" onClick={() => void copy(address)}><Copy aria-hidden="true" />{t("page.copy_address")}</button>
						{url && <a class="button small" href={url} target="_blank" rel="noopener noreferrer"><ExternalLink aria-hidden="true" />{t("page.open_in_browser")}</a>}
					</li>
				)}
				<li>
					<code>{forward.ssh_command}</code>
					<button type="button" class="button small" onClick={() => void copy(forward.ssh_command)}><Copy aria-hidden="true" />{t("page.copy_ssh")}</button>
				</li>
			</ul>
			{forward.note && <p class="note-text">{forward.note}</p>}
		</section>
	);
}

function Log({ id }: { id: number }) {
	const { data } = useFetch<Event[]>(`/events${query({ forward_id: id, limit: 50 })}`);
	const live = recentEvents.value.filter((e) => e.forward_id === id);

	return (
		<section class="card">
			<h2>{t("page.nav.activity")}</h2>
			{data.value && <EventLog events={merge(live, data.value).slice(0, 100)} withSubject={false} />}
		</section>
	);
}

export function ForwardDetails({ id }: { id: number }) {
	const f = loaded.value ? forwards.all.value.find((one) => one.id === id) : undefined;

	if (!f) {
		return (
			<div class="nothing">
				<p>{loaded.value ? t("page.forward.gone") : t("page.loading")}</p>
				<a class="button" href={href("forwards")}>{t("page.nav.forwards")}</a>
			</div>
		);
	}
	return (
		<>
			<a class="back" href={href("forwards")}><ArrowLeft aria-hidden="true" />{t("page.back")}</a>
			<header class="view-head details-head">
				<div>
					<h1>{f.name} <TypeBadge type={f.type} /></h1>
					<When forward={f} />
				</div>
				<div class="details-buttons">
					<button type="button" class="button" onClick={() => open({ kind: "test", forwardId: id, serverId: f.server_id, title: f.name })}>
						<Activity aria-hidden="true" />{t("page.test")}
					</button>
					<ForwardButtons forward={f} />
				</div>
			</header>
			{f.error && <TroubleNote trouble={f.error} forward={f} />}
			{f.last_target_error && <TroubleNote trouble={f.last_target_error} quiet />}
			<Stats id={id} />
			<Graph id={id} />
			<Use forward={f} />
			<Connections forwardId={id} />
			<Log id={id} />
		</>
	);
}
