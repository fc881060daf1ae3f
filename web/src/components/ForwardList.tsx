/*
 * The list. All rows are in the document (the browser's search and screen readers
 * find them) but those out of sight cost no layout; the first screens are drawn at
 * once, the others as soon as there is time.
 */
import { signal } from "@preact/signals";
import { Play, Square } from "lucide-preact";
import { useEffect } from "preact/hooks";
import type { State as StateName } from "../api/types";
import type { Group } from "../forwards/listing";
import { t } from "../i18n/catalog";
import { actOnMany } from "../state/actions";
import { listing, shown, shownGroups } from "../state/selection";
import { ForwardRow } from "./ForwardRow";
import { onListKey } from "./list-keys";

const CHUNK = 40;
const drawn = signal(CHUNK);

function useMoreRows(total: number): void {
	const more = drawn.value < total;

	useEffect(() => {
		if (!more) return;
		const frame = requestAnimationFrame(() => {
			drawn.value += CHUNK;
		});
		return () => cancelAnimationFrame(frame);
	}, [more, drawn.value]);
}

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
	const all = shownGroups.value;
	let left = drawn.value;

	useMoreRows(shown.value.length);
	return (
		<div class="list" onKeyDown={onListKey}>
			{all.map((group) => {
				const ids = group.ids.slice(0, Math.max(0, left));
				left -= ids.length;
				if (ids.length === 0) return null;
				return (
					<section key={group.title} class="group" aria-label={listing.value.group === "none" ? t("page.nav.forwards") : title(group)}>
						{listing.value.group !== "none" && <GroupHead group={group} />}
						<ul role="list" class="rows">
							{ids.map((id) => <ForwardRow key={id} id={id} />)}
						</ul>
					</section>
				);
			})}
		</div>
	);
}
