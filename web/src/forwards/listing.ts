/* Which forwards are shown, in what order, under which headings. */
import type { Forward, State } from "../api/types";

export type SortBy = "manual" | "name" | "state" | "traffic" | "server";
export type GroupBy = "none" | "tag" | "server" | "state";

export interface Listing {
	search: string;
	tag: string;
	sort: SortBy;
	group: GroupBy;
}

export interface Group {
	/* "": without a tag; a state's or a server's name. */
	title: string;
	ids: number[];
}

/* What wants a look comes first. */
const STATE_ORDER: readonly State[] = ["error", "reconnecting", "connecting", "connected", "disconnected"];

const fold = (s: string): string => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export function matches(f: Forward, search: string): boolean {
	const hay = fold([f.name, f.server, f.local ?? "", f.remote ?? "", f.listen ?? "", f.note ?? "", ...f.tags].join(" "));

	return fold(search).split(/\s+/).every((word) => hay.includes(word));
}

type Bytes = (id: number) => number;

export function select(all: readonly Forward[], l: Listing, bytes: Bytes): Forward[] {
	const shown = all.filter((f) => (!l.tag || f.tags.includes(l.tag)) && (!l.search || matches(f, l.search)));
	const state = (f: Forward): number => STATE_ORDER.indexOf(f.state);

	switch (l.sort) {
	case "name": return shown.sort((a, b) => a.name.localeCompare(b.name));
	case "server": return shown.sort((a, b) => a.server.localeCompare(b.server) || a.name.localeCompare(b.name));
	case "state": return shown.sort((a, b) => state(a) - state(b));
	case "traffic": return shown.sort((a, b) => bytes(b.id) - bytes(a.id));
	case "manual": return shown;
	}
}

function titles(f: Forward, by: GroupBy): string[] {
	if (by === "tag") return f.tags.length > 0 ? f.tags : [""];
	return [by === "server" ? f.server : f.state];
}

/* A forward with two tags stands under both; what has none comes last. */
export function groups(shown: readonly Forward[], by: GroupBy): Group[] {
	if (by === "none") return [{ title: "", ids: shown.map((f) => f.id) }];
	const found = new Map<string, number[]>();

	for (const f of shown)
		for (const title of titles(f, by)) {
			const ids = found.get(title);
			if (ids) ids.push(f.id);
			else found.set(title, [f.id]);
		}
	const rank = (title: string): number => (by === "state" ? STATE_ORDER.indexOf(title as State) : Number(title === ""));
	return [...found].map(([title, ids]) => ({ title, ids }))
		.sort((a, b) => rank(a.title) - rank(b.title) || a.title.localeCompare(b.title));
}

export function tagsOf(all: readonly Forward[]): string[] {
	return [...new Set(all.flatMap((f) => f.tags))].sort((a, b) => a.localeCompare(b));
}
