/* One forward of the list, read like a sentence. */
import type { Forward } from "../api/types";
import { ends } from "../forwards/sides";
import { t } from "../i18n/catalog";
import { forwards } from "../state/live";
import { pendingOf } from "../state/actions";
import { href } from "../state/router";
import { choose, chosen } from "../state/selection";
import { Figures } from "./Figures";
import { ForwardButtons } from "./ForwardButtons";
import { State, TypeBadge } from "./State";
import { TroubleNote } from "./Trouble";

function Route({ forward }: { forward: Forward }) {
	const { from, to } = ends(forward);

	return (
		<p class="route">
			<code>{from}</code>
			<span class="route-arrow" aria-hidden="true">→</span>
			<span class="hidden">{t("page.route.to")}</span>
			<code>{to}</code>
			<span class="route-via">{t("page.route.via", { server: forward.server })}</span>
		</p>
	);
}

function Choice({ forward }: { forward: Forward }) {
	return (
		<label class="choice">
			<input
				type="checkbox"
				tabIndex={-1}
				checked={chosen.value.has(forward.id)}
				aria-label={t("page.choose", { name: forward.name })}
				onChange={(e) => choose([forward.id], e.currentTarget.checked)}
			/>
		</label>
	);
}

interface Props {
	id: number;
	/* Its place in a list of which not all is drawn. */
	place?: number;
	of?: number;
}

/* It reads signals, so it is drawn anew only when one of them changes. */
export function ForwardRow({ id, place, of }: Props) {
	const f = forwards.row(id)?.value;

	if (!f) return null;
	const trouble = f.error ?? (f.wanted ? f.last_target_error : null);
	return (
		<li class={`row ${pendingOf(id).value > 0 ? "row-pending" : ""}`} data-id={id} tabIndex={0} aria-label={f.name} aria-posinset={place} aria-setsize={of}>
			<Choice forward={f} />
			<State state={f.state} standby={f.standby} />
			<div class="row-main">
				<p class="row-title">
					<a href={href("forwards", id)} class="row-name">{f.name}</a>
					<TypeBadge type={f.type} />
					{f.tags.map((tag) => <span key={tag} class="tag">{tag}</span>)}
				</p>
				<Route forward={f} />
			</div>
			<Figures id={id} />
			<ForwardButtons forward={f} />
			{trouble && <TroubleNote trouble={trouble} forward={f} quiet={!f.error} />}
		</li>
	);
}
