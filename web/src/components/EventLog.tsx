/* Events, newest first: those fetched, and those that come meanwhile. */
import { CircleAlert, Info, TriangleAlert } from "lucide-preact";
import type { Event, EventLevel } from "../api/types";
import { t } from "../i18n/catalog";
import { duration, exactTime, time } from "../i18n/format";
import { href } from "../state/router";

function LevelIcon({ level }: { level: EventLevel }) {
	if (level === "error") return <CircleAlert aria-hidden="true" />;
	return level === "warning" ? <TriangleAlert aria-hidden="true" /> : <Info aria-hidden="true" />;
}

/* Where a link fell: how long it had held. */
function upFor(e: Event): string {
	const ms = Number(e.args.up_ms ?? 0);

	return ms > 0 ? ` ${t("event.was_up", { time: duration(ms / 1000) })}` : "";
}

/* Both lists newest first, each event once. */
export function merge(live: readonly Event[], fetched: readonly Event[]): Event[] {
	const known = new Set(fetched.map((e) => e.id));

	return [...live.filter((e) => !known.has(e.id)), ...fetched].sort((a, b) => b.id - a.id);
}

export function EventLog({ events, withSubject }: { events: readonly Event[]; withSubject: boolean }) {
	if (events.length === 0) return <p class="muted">{t("page.events.none")}</p>;
	return (
		<ol class="events">
			{events.map((e) => (
				<li key={e.id} class={`event event-${e.level}`}>
					<time dateTime={e.at} title={exactTime(e.at)}>{time(e.at)}</time>
					<LevelIcon level={e.level} />
					<span class="hidden">{t(`page.level.${e.level}`)}</span>
					<p>
						{withSubject && e.forward_id !== null && <a href={href("forwards", e.forward_id)}>{e.forward}</a>}
						{withSubject && e.forward_id === null && e.server && <span class="event-subject">{e.server}</span>}
						<span>{e.message}{upFor(e)}</span>
					</p>
				</li>
			))}
		</ol>
	);
}
