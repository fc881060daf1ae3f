/* The list, in groups or as one. */
import { Play, Square } from "lucide-preact";
import type { State as StateName } from "../api/types";
import type { Group } from "../forwards/listing";
import { t } from "../i18n/catalog";
import { actOnMany } from "../state/actions";
import { listing, shown, shownGroups } from "../state/selection";
import { onListKey } from "./list-keys";
import { Rows } from "./WindowedRows";

/* From this length on only what is near the window is drawn. */
const LONG = 100;

function title(group: Group): string {
	if (listing.value.group === "state") return t(`page.state.${group.title as StateName}`);
	return group.title || t("page.group.untagged");
}

function GroupHead({ group }: { group: Group }) {
	const name = title(group);

	return (
		<header class="group-head">
			<h2>{name}</h2>
			<span class="muted">{group.ids.length}</span>
			<button
				type="button"
				class="icon-button"
				aria-label={t("page.group.start", { name })}
				title={t("page.group.start", { name })}
				onClick={() => void actOnMany(group.ids, "start")}
			>
				<Play aria-hidden="true" class="filled" />
			</button>
			<button
				type="button"
				class="icon-button"
				aria-label={t("page.group.stop", { name })}
				title={t("page.group.stop", { name })}
				onClick={() => void actOnMany(group.ids, "stop")}
			>
				<Square aria-hidden="true" class="filled" />
			</button>
		</header>
	);
}

export function ForwardList() {
	const long = shown.value.length > LONG;
	const grouped = listing.value.group !== "none";

	return (
		<div class="list" onKeyDown={onListKey}>
			{shownGroups.value.map((group) => (
				<section key={group.title} class="group" aria-label={grouped ? title(group) : t("page.nav.forwards")}>
					{grouped && <GroupHead group={group} />}
					{group.ids.length > 0 && <Rows ids={group.ids} long={long} />}
				</section>
			))}
		</div>
	);
}
