import { beforeEach, describe, expect, it } from "vitest";
import { browserLang, chosenLang, fill, t, tn } from "../src/i18n/catalog";
import { bytes, duration, millis, rate, time } from "../src/i18n/format";

beforeEach(() => {
	chosenLang.value = "en";
});

/* Intl may write its spaces in more ways than one. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ");

describe("sizes", () => {
	it.each([
		[0, "0 B"], [999, "999 B"], [1000, "1 KB"], [1234, "1.23 KB"], [12345, "12.3 KB"],
		[123456, "123 KB"], [999499, "999 KB"], [999501, "1 MB"], [1.5e9, "1.5 GB"], [7e18, "7,000 PB"],
	])("%d is %s", (n, text) => expect(plain(bytes(n))).toBe(text));

	it("speak French", () => {
		chosenLang.value = "fr";
		expect(plain(bytes(1234))).toBe("1,23 Ko");
		expect(plain(rate(5_000_000))).toBe("5 Mo/s");
	});
});

describe("durations", () => {
	it.each([
		[-3, "0 s"], [0.4, "0 s"], [59, "59 s"], [60, "1 min"], [125, "2 min 5 s"],
		[3600, "1 h"], [90061, "1 d 1 h"], [86400, "1 d"], [86460, "1 d"],
	])("%d s is %s", (s, text) => expect(plain(duration(s))).toBe(text));

	it("are in milliseconds for a round trip", () => {
		expect(plain(millis(812))).toBe("0.8 ms");
		expect(plain(millis(45_600))).toBe("46 ms");
		expect(millis(0)).toBe("–");
		expect(millis(null)).toBe("–");
	});
});

describe("times", () => {
	const now = new Date(2026, 4, 17, 15, 0, 0);

	it("of today have no date", () => {
		expect(time(new Date(2026, 4, 17, 9, 5, 7).toISOString(), now)).toMatch(/^0?9:05:07/);
	});
	it("of other days do", () => {
		expect(time(new Date(2026, 4, 16, 9, 5).toISOString(), now)).toMatch(/16/);
	});
});

describe("sentences", () => {
	it("are filled in", () => {
		expect(fill("{a} and {b} and {a}", { a: 1, b: "x" })).toBe("1 and x and 1");
		expect(fill("{toString}", {})).toBe("{toString}");
	});
	it("are counted as the language counts", () => {
		expect(tn("page.count.connections", 0)).toBe("0 connections");
		expect(tn("page.count.connections", 1)).toBe("1 connection");
		chosenLang.value = "fr";
		expect(tn("page.count.connections", 0)).toBe("0 connexion");
		expect(tn("page.count.connections", 2)).toBe("2 connexions");
		expect(t("page.add")).toBe("Ajouter");
	});
	it("are in the browser's first language that there is", () => {
		expect(browserLang(["de-DE", "fr-CA", "en"])).toBe("fr");
		expect(browserLang(["EN-us", "fr"])).toBe("en");
		expect(browserLang(["de"])).toBe("en");
		expect(browserLang([])).toBe("en");
	});
});
