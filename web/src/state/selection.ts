/* How the list is looked at, and which of its rows are chosen. */
import { computed, signal } from "@preact/signals";
import { groups, select, type GroupBy, type Listing, type SortBy } from "../forwards/listing";
import { forwards } from "./live";
import { tick, trafficOf } from "./traffic";

const KEPT = "taupe.listing";

function kept(): { sort: SortBy; group: GroupBy } {
	try {
		return { sort: "manual", group: "none", ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
	} catch {
		return { sort: "manual", group: "none" };
	}
}

export const listing = signal<Listing>({ search: "", tag: "", ...kept() });

export function setListing(change: Partial<Listing>): void {
	listing.value = { ...listing.peek(), ...change };
	const { sort, group } = listing.peek();
	localStorage.setItem(KEPT, JSON.stringify({ sort, group }));
}

const bytes = (id: number): number => {
	const now = trafficOf(id).peek();

	return now.bytesIn + now.bytesOut;
};

/* Sorted by traffic, rows change places every five seconds and not at each byte. */
const turn = computed(() => (listing.value.sort === "traffic" ? Math.floor(tick.value / 5) : 0));

export const shown = computed(() => {
	turn.value;
	return select([...forwards.all.value], listing.value, bytes);
});
export const shownGroups = computed(() => groups(shown.value, listing.value.group));

export const chosen = signal<ReadonlySet<number>>(new Set());

/* Those still there. */
export const chosenIds = computed(() => forwards.ids.value.filter((id) => chosen.value.has(id)));

export function choose(ids: readonly number[], on: boolean): void {
	const next = new Set(chosen.peek());

	for (const id of ids) {
		if (on) next.add(id);
		else next.delete(id);
	}
	chosen.value = next;
}
