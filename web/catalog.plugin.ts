/*
 * The page's sentences come from the catalogues of the whole program, lang/*.json.
 * The module "virtual:catalog" holds only those that the page can say.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const NAME = "virtual:catalog";
const LANGUAGES = ["en", "fr"] as const;
const SHARED = /^(page\.|type\.|error\.port_in_use$|event\.was_up$)/;

export function catalogPath(lang: string): string {
	return fileURLToPath(new URL(`../lang/${lang}.json`, import.meta.url));
}

export function readCatalog(lang: string): Record<string, string> {
	const all = JSON.parse(readFileSync(catalogPath(lang), "utf8")) as Record<string, string>;

	return Object.fromEntries(Object.entries(all).filter(([key]) => SHARED.test(key)));
}

/* As one JSON text: engines parse that faster than a literal. */
function source(): string {
	const tables = LANGUAGES.map((lang) => [lang, readCatalog(lang)]);
	const text = JSON.stringify(JSON.stringify(Object.fromEntries(tables)));

	return `export default JSON.parse(${text});`;
}

export function catalog(): Plugin {
	return {
		name: "taupe-catalog",
		resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
		load(id) {
			if (id !== `\0${NAME}`) return null;
			for (const lang of LANGUAGES) this.addWatchFile(catalogPath(lang));
			return source();
		},
	};
}
