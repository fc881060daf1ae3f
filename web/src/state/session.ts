/* Logged in or not; the language and theme that the settings choose. */
import { effect, signal } from "@preact/signals";
import { Problem, dropMark, get, hasMark, post, whenUnauthorized } from "../api/client";
import type { Theme } from "../api/types";
import { chosenLang, lang, type Lang } from "../i18n/catalog";
import { settings } from "./live";
import { start, streamState } from "./stream";

export type Access = "unknown" | "in" | "out";
export const access = signal<Access>("unknown");

export async function checkSession(): Promise<void> {
	if (!hasMark()) {
		access.value = "out";
		return;
	}
	try {
		await get("/session");
		access.value = "in";
	} catch (e) {
		/* A daemon that does not answer is the stream's matter. */
		access.value = e instanceof Problem && e.status === 401 ? "out" : "in";
	}
	if (access.value === "in") start();
}

/* Resolves when in; throws the daemon's Problem ("passphrase" may be wanted). */
export async function login(code: string, passphrase?: string): Promise<void> {
	await post("/login", passphrase === undefined ? { code } : { code, passphrase });
}

export async function logout(): Promise<void> {
	await post("/logout").catch(() => {});
	dropMark();
	location.reload();
}

const THEME = "taupe.theme";
const LANG = "taupe.lang";

function showTheme(theme: Theme): void {
	if (theme === "system") delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = theme;
}

/* What was chosen last time stands until the daemon has answered. */
export function watchSettings(): void {
	showTheme((localStorage.getItem(THEME) as Theme | null) ?? "system");
	chosenLang.value = localStorage.getItem(LANG) as Lang | null;
	whenUnauthorized(() => {
		access.value = "out";
	});
	effect(() => {
		if (streamState.value === "refused") access.value = "out";
	});
	effect(() => {
		document.documentElement.lang = lang.value;
	});
	effect(() => {
		const s = settings.value;

		if (!s) return;
		showTheme(s.theme);
		localStorage.setItem(THEME, s.theme);
		if (s.language) localStorage.setItem(LANG, s.language);
		else localStorage.removeItem(LANG);
		chosenLang.value = s.language;
	});
}
