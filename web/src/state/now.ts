/* The time, a tick a second, for "since" and "in" that the reader watches. */
import { signal } from "@preact/signals";

export const now = signal(Date.now());

setInterval(() => {
	if (typeof document === "undefined" || !document.hidden) now.value = Date.now();
}, 1000);
