/*
 * The page's words. A key that the catalogues lack does not compile; one that
 * nothing says fails test/catalog.test.ts.
 */
import { computed, signal } from "@preact/signals";
import tables from "virtual:catalog";
import type en from "../../../lang/en.json";

export type Key = Extract<keyof typeof en, `page.${string}` | `type.${string}` | "error.port_in_use" | "event.was_up">;
export type Lang = "en" | "fr";
export const LANGUAGES: readonly Lang[] = ["en", "fr"];

type CountKey = Key extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never;
type Args = Record<string, string | number>;

/* What the settings say; null: as the browser. */
export const chosenLang = signal<Lang | null>(null);

export function browserLang(wanted: readonly string[]): Lang {
	for (const one of wanted) {
		const two = one.slice(0, 2).toLowerCase() as Lang;
		if (LANGUAGES.includes(two)) return two;
	}
	return "en";
}

export const lang = computed<Lang>(() =>
	chosenLang.value ?? browserLang(typeof navigator === "undefined" ? [] : navigator.languages));

export const effectiveLang = (): Lang => lang.peek();

/* For Intl: the browser's own region where it speaks the language. */
export const locale = computed<string>(() => {
	const own = typeof navigator === "undefined" ? [] : navigator.languages;

	return own.find((one) => one.slice(0, 2).toLowerCase() === lang.value) ?? lang.value;
});

export function fill(text: string, args: Args): string {
	return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
		Object.hasOwn(args, name) ? String(args[name]) : whole);
}

export function t(key: Key, args?: Args): string {
	const text = tables[lang.value][key] ?? key;

	return args ? fill(text, args) : text;
}

/* "1 connection", "2 connections": keys that end in .one and .other. */
export function tn(stem: CountKey, n: number, args?: Args): string {
	const form = new Intl.PluralRules(lang.value).select(n) === "one" ? "one" : "other";
	const shown = new Intl.NumberFormat(locale.value).format(n);

	return t(`${stem}.${form}` as Key, { n: shown, ...args });
}
