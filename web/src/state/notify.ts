/* Desktop notifications, asked for per browser: a forward is lost, or is back. */
import { signal } from "@preact/signals";
import type { Forward } from "../api/types";
import { t } from "../i18n/catalog";
import { watchForwards } from "./live";
import { href } from "./router";

const KEY = "taupe.notify";
const supported = typeof Notification !== "undefined";

export type NotifyState = "off" | "on" | "blocked";
export const notifyState = signal<NotifyState>("off");

function current(): NotifyState {
	if (!supported || Notification.permission === "denied") return "blocked";
	return localStorage.getItem(KEY) === "1" && Notification.permission === "granted" ? "on" : "off";
}

export async function setNotify(on: boolean): Promise<void> {
	if (on && supported && Notification.permission === "default") await Notification.requestPermission();
	localStorage.setItem(KEY, on ? "1" : "0");
	notifyState.value = current();
}

const lost = new Set<number>();

/* "lost", "back", or nothing to say. */
export function change(before: Forward | undefined, now: Forward, lostOnes: Set<number>): "lost" | "back" | null {
	if (!now.wanted) {
		lostOnes.delete(now.id);
		return null;
	}
	if (before?.state === "connected" && (now.state === "reconnecting" || now.state === "error")) {
		lostOnes.add(now.id);
		return "lost";
	}
	if (now.state === "connected" && lostOnes.delete(now.id)) return "back";
	return null;
}

export function watchForNotifications(): void {
	notifyState.value = current();
	watchForwards((before, now) => {
		const what = change(before, now, lost);

		if (!what || notifyState.value !== "on" || !document.hidden) return;
		const note = new Notification(t(what === "lost" ? "page.notify.lost" : "page.notify.back", { name: now.name }), {
			body: (what === "lost" && now.error?.message) || now.listen || "",
			tag: `taupe-${now.id}`,
			icon: "/icon.svg",
		});
		note.onclick = () => {
			focus();
			location.hash = href("forwards", now.id);
			note.close();
		};
	});
}
