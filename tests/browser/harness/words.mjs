/* The page's sentences, by their keys in the catalogues. */
import { readFileSync } from "node:fs";

const tables = Object.fromEntries(["en", "fr"].map((lang) => [
	lang, JSON.parse(readFileSync(new URL(`../../../lang/${lang}.json`, import.meta.url), "utf8")),
]));

/* words("fr")("page.close"), words("fr")("page.retry", {…}) */
export function words(lang) {
	return (key, args = {}) => {
		const text = tables[lang][key];
		if (text === undefined) throw new Error(`${key} is in no catalogue`);
		return text.replace(/\{(\w+)\}/g, (whole, name) => args[name] ?? whole);
	};
}

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");

/* The same as patterns, where what is not given may be anything. */
export function patterns(lang) {
	return (key, args = {}) => {
		const parts = words(lang)(key).split(/\{(\w+)\}/);

		return new RegExp(parts.map((part, i) =>
			i % 2 === 0 ? escape(part) : part in args ? escape(String(args[part])) : ".+").join(""));
	};
}
