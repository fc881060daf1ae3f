/* A state: a dot and its word, never the colour alone. */
import type { ForwardType, State as StateName } from "../api/types";
import { t } from "../i18n/catalog";

export function State({ state, standby }: { state: StateName; standby?: boolean }) {
	const standingBy = standby && state === "disconnected";

	return (
		<span class={`state state-${standingBy ? "standby" : state}`}>
			<span class="state-dot" aria-hidden="true" />
			<span class="state-word">{standingBy ? t("page.state.standby") : t(`page.state.${state}`)}</span>
		</span>
	);
}

export function TypeBadge({ type }: { type: ForwardType }) {
	return <span class={`badge badge-${type}`}>{t(`type.${type}`)}</span>;
}
