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
