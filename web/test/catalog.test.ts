/* Every sentence of the page's is said somewhere, in both languages alike. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readCatalog } from "../catalog.plugin";

const SRC = fileURLToPath(new URL("../src", import.meta.url));

const source = readdirSync(SRC, { recursive: true, encoding: "utf8" })
	.filter((name) => /\.tsx?$/.test(name))
	.map((name) => readFileSync(join(SRC, name), "utf8"))
	.join("\n");

const en = readCatalog("en");
const fr = readCatalog("fr");
const ours = Object.keys(en).filter((key) => key.startsWith("page."));

/* What stands for a key: itself, its stem where it is counted, or `stem.${…}`. */
function isSaid(key: string): boolean {
	const stem = key.replace(/\.(one|other)$/, "");

	if (source.includes(`"${stem}"`)) return true;
	for (let dot = key.lastIndexOf("."); dot > 0; dot = key.lastIndexOf(".", dot - 1))
		if (source.includes(`\`${key.slice(0, dot)}.\${`)) return true;
	return false;
}

describe("the catalogues", () => {
	it("have the same keys", () => {
		expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
	});

	it("hold no sentence that the page never says", () => {
		expect(ours.filter((key) => !isSaid(key))).toEqual([]);
	});

	it("hold every sentence that the page says", () => {
		const said = [...source.matchAll(/"(page\.[a-z_.-]+)"/g)].map((m) => m[1]!);
		const missing = said.filter((key) => !(key in en) && !(`${key}.other` in en));

		expect(missing).toEqual([]);
	});

	it("fill in the same places", () => {
		const places = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

		for (const key of ours) expect([key, places(fr[key]!)]).toEqual([key, places(en[key]!)]);
	});

	it("have both forms of what is counted", () => {
		for (const key of ours.filter((one) => one.endsWith(".other")))
			expect(ours).toContain(key.replace(/other$/, "one"));
	});

	it("keep French signs with their words", () => {
		for (const key of ours) expect([key, /(?<!\u00a0)[;:?!»](?=\s|$)|«(?!\u00a0)|'/.test(fr[key]!)]).toEqual([key, false]);
	});

	it("name what the guide names", () => {
		const guide = {
			"page.nav.forwards": ["Port forwarding", "Redirection de ports"],
			"page.forward.add_title": ["Add forward", "Ajouter une redirection"],
			"page.add": ["Add", "Ajouter"],
			"page.save": ["Save", "Enregistrer"],
			"page.start": ["Start", "Démarrer"],
			"page.stop": ["Stop", "Arrêter"],
			"page.edit": ["Edit", "Modifier"],
			"page.delete": ["Delete", "Supprimer"],
			"page.field.name": ["Name", "Nom"],
			"page.field.type": ["Type", "Type"],
			"page.field.server": ["Server", "Serveur"],
			"page.field.local_host": ["Local host", "Hôte local"],
			"page.field.local_port": ["Local port", "Port local"],
			"page.field.remote_host": ["Remote host", "Hôte distant"],
			"page.field.remote_port": ["Remote port", "Port distant"],
			"page.state.connected": ["Connected", "Connecté"],
			"page.state.disconnected": ["Disconnected", "Déconnecté"],
			"page.state.error": ["Error", "Erreur"],
		};

		for (const [key, words] of Object.entries(guide)) expect([en[key], fr[key]]).toEqual(words);
	});
});
