/* What happened, to all of them. */
import { useSignal } from "@preact/signals";
import { get, query } from "../api/client";
import type { Event, EventLevel } from "../api/types";
import { EventLog, merge } from "../components/EventLog";
import { SelectField } from "../components/Field";
import { ProblemNote } from "../components/ProblemNote";
import { t } from "../i18n/catalog";
import { forwards, recentEvents, servers } from "../state/live";
import { complain } from "../state/toasts";
import { useFetch } from "../state/use-fetch";

const LIMIT = 100;
const LEVELS: readonly EventLevel[] = ["info", "warning", "error"];

interface Filter {
	level: "" | EventLevel;
	/* "f3", "s1": a forward's or a server's id. */
	subject: string;
}

function toQuery(f: Filter): Record<string, string | number> {
	return {
		limit: LIMIT,
		level: f.level,
		[f.subject.startsWith("s") ? "server_id" : "forward_id"]: f.subject.slice(1),
	};
}

const passes = (e: Event, f: Filter): boolean =>
	(!f.level || e.level === f.level)
	&& (!f.subject || (f.subject.startsWith("s") ? e.server_id : e.forward_id) === Number(f.subject.slice(1)));

export function Activity() {
	const filter = useSignal<Filter>({ level: "", subject: "" });
	const older = useSignal<{ of: Filter; events: Event[]; end: boolean }>({ of: filter.value, events: [], end: false });
	const { data, problem } = useFetch<Event[]>(`/events${query(toQuery(filter.value))}`);
	const mine = older.value.of === filter.value ? older.value : { of: filter.value, events: [], end: false };
	const fetched = [...(data.value ?? []), ...mine.events];
	const events = merge(recentEvents.value.filter((e) => passes(e, filter.value)), fetched);

	async function more(): Promise<void> {
		const before = events.at(-1)?.id;
		if (before === undefined) return;
		try {
			const next = await get<Event[]>(`/events${query({ ...toQuery(filter.peek()), before })}`);
			older.value = { of: mine.of, events: [...mine.events, ...next], end: next.length < LIMIT };
		} catch (e) {
			complain(e);
		}
	}

	return (
		<>
			<header class="view-head"><h1>{t("page.nav.activity")}</h1></header>
			<div class="filters">
				<SelectField
					label={t("page.events.level")}
					value={filter.value.level}
					options={[
						{ value: "" as const, label: t("page.events.all_levels") },
						...LEVELS.map((value) => ({ value, label: t(`page.level.${value}`) })),
					]}
					onValue={(level) => { filter.value = { ...filter.peek(), level }; }}
				/>
				<SelectField
					label={t("page.events.subject")}
					value={filter.value.subject}
					options={[
						{ value: "", label: t("page.events.all_subjects") },
						...servers.all.value.map((s) => ({ value: `s${s.id}`, label: s.name })),
						...forwards.all.value.map((f) => ({ value: `f${f.id}`, label: f.name })),
					]}
					onValue={(subject) => { filter.value = { ...filter.peek(), subject }; }}
				/>
			</div>
			<ProblemNote problem={problem.value} />
			<div class="card">
				{data.value && <EventLog events={events} withSubject />}
				{data.value && data.value.length >= LIMIT && !mine.end && (
					<button type="button" class="button" onClick={() => void more()}>{t("page.events.older")}</button>
				)}
			</div>
		</>
	);
}
