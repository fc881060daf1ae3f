/* Where the reader is, in the address's fragment: "#/forwards/3". */
import { computed, signal } from "@preact/signals";

export type ViewName = "forwards" | "servers" | "known-hosts" | "activity" | "settings";

export interface Route {
	view: ViewName;
	id: number | null;
}

const VIEWS: readonly string[] = ["forwards", "servers", "known-hosts", "activity", "settings"];

export function parse(hash: string): Route {
	const [view = "", id = ""] = hash.replace(/^#\/?/, "").split("/");

	return {
		view: (VIEWS.includes(view) ? view : "forwards") as ViewName,
		id: /^\d+$/.test(id) ? Number(id) : null,
	};
}

const hash = signal(typeof location === "undefined" ? "" : location.hash);
export const route = computed(() => parse(hash.value));

export const href = (view: ViewName, id?: number): string =>
	id === undefined ? `#/${view}` : `#/${view}/${id}`;

export function go(view: ViewName, id?: number): void {
	location.hash = href(view, id);
}

export function watchRoute(): void {
	addEventListener("hashchange", () => {
		hash.value = location.hash;
	});
}
