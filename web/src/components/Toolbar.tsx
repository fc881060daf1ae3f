/* Looking for forwards, and doing something with several. */
import { useComputed } from "@preact/signals";
import { Play, Plus, Search, Square, X } from "lucide-preact";
import type { GroupBy, SortBy } from "../forwards/listing";
import { tagsOf } from "../forwards/listing";
import { t, tn, type Key } from "../i18n/catalog";
import { actOnMany } from "../state/actions";
import { open } from "../state/dialogs";
import { forwards } from "../state/live";
import { choose, chosen, chosenIds, listing, setListing, shown } from "../state/selection";

const SORTS: readonly (readonly [SortBy, Key])[] = [
	["manual", "page.sort.manual"], ["name", "page.sort.name"], ["state", "page.sort.state"],
	["server", "page.sort.server"], ["traffic", "page.sort.traffic"],
];
const GROUPS: readonly (readonly [GroupBy, Key])[] = [
	["none", "page.group.none"], ["tag", "page.group.tag"], ["server", "page.group.server"], ["state", "page.group.state"],
];

interface PickProps<T extends string> {
	label: string;
	value: T;
	options: readonly (readonly [T, Key])[];
	onValue: (v: T) => void;
}

function Pick<T extends string>({ label, value, options, onValue }: PickProps<T>) {
	return (
		<label class="pick">
			<span>{label}</span>
			<select value={value} onChange={(e) => onValue(e.currentTarget.value as T)}>
				{options.map(([v, key]) => <option key={v} value={v}>{t(key)}</option>)}
			</select>
		</label>
	);
}

function Tags() {
	const tags = useComputed(() => tagsOf(forwards.all.value));

	if (tags.value.length === 0) return null;
	return (
		<div class="tag-filter" role="group" aria-label={t("page.tags")}>
			{tags.value.map((tag) => (
				<button
					key={tag}
					type="button"
					class="chip"
					aria-pressed={listing.value.tag === tag}
					onClick={() => setListing({ tag: listing.peek().tag === tag ? "" : tag })}
				>
					{tag}
				</button>
			))}
		</div>
	);
}

function ChosenBar() {
	const ids = chosenIds.value;
	const all = shown.value.length;

	if (ids.length === 0) return null;
	return (
		<div class="chosen-bar" role="group" aria-label={t("page.chosen.title")}>
			<strong>{tn("page.chosen.count", ids.length)}</strong>
			<button type="button" class="button small" onClick={() => void actOnMany(ids, "start")}>
				<Play aria-hidden="true" class="filled" />{t("page.chosen.start")}
			</button>
			<button type="button" class="button small" onClick={() => void actOnMany(ids, "stop")}>
				<Square aria-hidden="true" class="filled" />{t("page.chosen.stop")}
			</button>
			{ids.length < all && (
				<button type="button" class="button small" onClick={() => choose(shown.peek().map((f) => f.id), true)}>
					{t("page.chosen.all", { n: all })}
				</button>
			)}
			<button type="button" class="icon-button" aria-label={t("page.chosen.none")} onClick={() => { chosen.value = new Set(); }}>
				<X aria-hidden="true" />
			</button>
		</div>
	);
}

export function AddForward({ primary = true }: { primary?: boolean }) {
	return (
		<button type="button" class={`button ${primary ? "primary" : ""}`} onClick={() => open({ kind: "forward" })}>
			<Plus aria-hidden="true" />{t("page.forward.add_title")}
		</button>
	);
}

export function Toolbar() {
	return (
		<>
			<div class="toolbar">
				<label class="search">
					<Search aria-hidden="true" />
					<span class="hidden">{t("page.search")}</span>
					<input
						type="search"
						placeholder={t("page.search")}
						value={listing.value.search}
						onInput={(e) => setListing({ search: e.currentTarget.value })}
					/>
				</label>
				<Tags />
				<div class="picks">
					<Pick label={t("page.group.by")} value={listing.value.group} options={GROUPS} onValue={(group) => setListing({ group })} />
					<Pick label={t("page.sort.by")} value={listing.value.sort} options={SORTS} onValue={(sort) => setListing({ sort })} />
				</div>
			</div>
			<ChosenBar />
		</>
	);
}
