/* Numbers, sizes, times: as the reader's locale writes them. */
import { computed } from "@preact/signals";
import { lang, locale, t, tn } from "./catalog";

const number = computed(() => new Intl.NumberFormat(locale.value));
const decimals = [0, 1, 2].map((digits) =>
	computed(() => new Intl.NumberFormat(locale.value, { maximumFractionDigits: digits })));
const clock = computed(() => new Intl.DateTimeFormat(locale.value,
	{ hour: "2-digit", minute: "2-digit", second: "2-digit" }));
const dayClock = computed(() => new Intl.DateTimeFormat(locale.value,
	{ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }));
const full = computed(() => new Intl.DateTimeFormat(locale.value,
	{ dateStyle: "full", timeStyle: "medium" }));

const UNITS = { en: ["B", "KB", "MB", "GB", "TB", "PB"], fr: ["o", "Ko", "Mo", "Go", "To", "Po"] };

export function count(n: number): string {
	return number.value.format(n);
}

/* Three digits that count, in thousands as disks and links are sold. */
export function bytes(n: number): string {
	const units = UNITS[lang.value];
	let unit = 0;

	while (n >= 999.5 && unit < units.length - 1) {
		n /= 1000;
		unit++;
	}
	const digits = unit === 0 || n >= 99.95 ? 0 : n >= 9.995 ? 1 : 2;
	return `${decimals[digits]!.value.format(n)}\u00a0${units[unit]}`;
}

export function rate(bytesPerSecond: number): string {
	return `${bytes(bytesPerSecond)}/s`;
}

export function millis(us: number | null): string {
	if (us === null || us === 0) return "–";
	const ms = us / 1000;

	return `${decimals[ms < 10 ? 1 : 0]!.value.format(ms)}\u00a0ms`;
}

/* "3 d 4 h", "12 min 5 s", "8 s": its two largest parts. */
export function duration(seconds: number): string {
	const s = Math.max(0, Math.floor(seconds));
	const parts: [number, Parameters<typeof t>[0]][] = [
		[Math.floor(s / 86400), "page.unit.days"],
		[Math.floor(s / 3600) % 24, "page.unit.hours"],
		[Math.floor(s / 60) % 60, "page.unit.minutes"],
		[s % 60, "page.unit.seconds"],
	];
	const first = parts.findIndex(([n]) => n > 0);

	if (first < 0) return t("page.unit.seconds", { n: 0 });
	return parts.slice(first, first + 2).filter(([n]) => n > 0)
		.map(([n, key]) => t(key, { n: count(n) })).join(" ");
}

/* The time of day when it is today's, else with its date. */
export function time(at: string, now = new Date()): string {
	const when = new Date(at);
	const sameDay = when.toDateString() === now.toDateString();

	return (sameDay ? clock : dayClock).value.format(when);
}

export function exactTime(at: string): string {
	return full.value.format(new Date(at));
}

export function secondsSince(at: string, nowMs: number): number {
	return (nowMs - Date.parse(at)) / 1000;
}

export function connections(n: number): string {
	return tn("page.count.connections", n);
}
