/* The keyboard over rows, and the page's own keys. "?" shows them all. */
import { act } from "../state/actions";
import { dialogs, edit, open } from "../state/dialogs";
import { forwards } from "../state/live";
import { go, route } from "../state/router";
import { choose, chosen } from "../state/selection";

const TYPING = "input:not([type=checkbox]), textarea, select, [role=menu] *, dialog *";

function rowOf(target: EventTarget | null): HTMLElement | null {
	return target instanceof Element ? target.closest<HTMLElement>(".row") : null;
}

function step(from: HTMLElement, by: 1 | -1): void {
	const rows = [...document.querySelectorAll<HTMLElement>(".row")];

	rows[rows.indexOf(from) + by]?.focus();
}

/* Keys that mean something on a row; Enter only on the row itself. */
function onRow(e: KeyboardEvent, row: HTMLElement): boolean {
	const f = forwards.peek(Number(row.dataset.id));

	if (!f) return false;
	switch (e.key) {
	case "ArrowDown": case "j": step(row, 1); return true;
	case "ArrowUp": case "k": step(row, -1); return true;
	case "s": void act(f.id, f.wanted ? "stop" : "start"); return true;
	case "r": void act(f.id, "restart"); return true;
	case "e": edit(f); return true;
	case "x": choose([f.id], !chosen.peek().has(f.id)); return true;
	case "Delete": open({ kind: "delete-forward", forward: f }); return true;
	case "Enter":
		if (e.target !== row) return false;
		go("forwards", f.id);
		return true;
	}
	return false;
}

const isPlain = (e: KeyboardEvent): boolean => !e.ctrlKey && !e.metaKey && !e.altKey && !e.defaultPrevented;

export function onListKey(e: KeyboardEvent): void {
	const row = rowOf(e.target);

	if (row && isPlain(e) && !(e.target as Element).matches(TYPING) && onRow(e, row)) e.preventDefault();
}

function onPage(key: string): boolean {
	switch (key) {
	case "n": open({ kind: "forward" }); return true;
	case "?": open({ kind: "keys" }); return true;
	case "/": {
		const search = document.querySelector<HTMLInputElement>("input[type=search]");
		search?.focus();
		return search !== null;
	}
	case "ArrowDown": case "j": {
		const first = document.querySelector<HTMLElement>(".row");
		if (route.peek().view !== "forwards") return false;
		first?.focus();
		return first !== null;
	}
	}
	return false;
}

export function watchKeys(): void {
	addEventListener("keydown", (e) => {
		const target = e.target;

		if (!isPlain(e) || dialogs.peek().length > 0) return;
		if (target instanceof Element && target.matches(TYPING)) return;
		if (e.key.startsWith("Arrow") && target !== document.body) return;
		if (onPage(e.key)) e.preventDefault();
	});
}
