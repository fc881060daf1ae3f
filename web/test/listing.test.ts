import { describe, expect, it } from "vitest";
import { groups, matches, select, tagsOf, type Listing } from "../src/forwards/listing";
import { browserUrl, ends, localAddress } from "../src/forwards/sides";
import { apply, TEMPLATES } from "../src/forwards/templates";
import { portOf } from "../src/components/port";
import { rangeOf } from "../src/components/window-range";
import { chosenLang } from "../src/i18n/catalog";
import { aForward } from "./fixtures";

const all = [
	aForward({ id: 1, name: "Base élève", tags: ["db", "prod"], state: "connected" }),
	aForward({ id: 2, name: "Web", server: "Lab", tags: ["web"], state: "error" }),
	aForward({ id: 3, name: "Autre", server: "Lab" }),
];
const plain: Listing = { search: "", tag: "", sort: "manual", group: "none" };
const ids = (list: { id: number }[]): number[] => list.map((f) => f.id);

describe("the list", () => {
	it("is searched without accents or case, in every column, word by word", () => {
		expect(matches(all[0]!, "ELEVE 3307")).toBe(true);
		expect(matches(all[0]!, "eleve lab")).toBe(false);
		expect(ids(select([...all], { ...plain, search: "lab" }, () => 0))).toEqual([2, 3]);
	});
	it("is filtered by tag", () => expect(ids(select([...all], { ...plain, tag: "db" }, () => 0))).toEqual([1]));
	it("is sorted", () => {
		expect(ids(select([...all], { ...plain, sort: "name" }, () => 0))).toEqual([3, 1, 2]);
		expect(ids(select([...all], { ...plain, sort: "state" }, () => 0))).toEqual([2, 1, 3]);
		expect(ids(select([...all], { ...plain, sort: "server" }, () => 0))).toEqual([3, 2, 1]);
		expect(ids(select([...all], { ...plain, sort: "traffic" }, (id) => id))).toEqual([3, 2, 1]);
	});
	it("is grouped, what has no tag last", () => {
		expect(groups(all, "none")).toEqual([{ title: "", ids: [1, 2, 3] }]);
		expect(groups(all, "tag").map((g) => [g.title, g.ids])).toEqual([["db", [1]], ["prod", [1]], ["web", [2]], ["", [3]]]);
		expect(groups(all, "state").map((g) => g.title)).toEqual(["error", "connected", "disconnected"]);
		expect(groups(all, "server").map((g) => g.title)).toEqual(["Lab", "My VPS"]);
	});
	it("knows its tags", () => expect(tagsOf(all)).toEqual(["db", "prod", "web"]));
});

describe("a forward's sides", () => {
	it("read from who listens to what is reached", () => {
		expect(ends(aForward({ listen: "127.0.0.1:4000" }))).toEqual({ from: "127.0.0.1:4000", to: "127.0.0.1:3306" });
		expect(ends(aForward({ type: "remote", local: "127.0.0.1:3000", remote: "0.0.0.0:8080" }))).toEqual({ from: "0.0.0.0:8080", to: "127.0.0.1:3000" });
	});
	it("have an address here unless the server listens", () => {
		expect(localAddress(aForward())).toBe("127.0.0.1:3307");
		expect(localAddress(aForward({ type: "remote" }))).toBeNull();
	});
	it("open in a browser where the web is likely", () => {
		expect(browserUrl(aForward())).toBeNull();
		expect(browserUrl(aForward({ remote_port: 80 }))).toBe("http://127.0.0.1:3307/");
		expect(browserUrl(aForward({ remote_port: 443, local_host: "0.0.0.0", bound_port: 9443 }))).toBe("https://localhost:9443/");
		expect(browserUrl(aForward({ remote_port: 8888, local_host: "::1" }))).toBe("http://[::1]:3307/");
		expect(browserUrl(aForward({ tags: ["web"], remote_port: 1234 }))).toBe("http://127.0.0.1:3307/");
		expect(browserUrl(aForward({ type: "remote", remote_port: 80 }))).toBeNull();
	});
});

describe("templates", () => {
	it("hold the guide's services and ports", () => {
		const ports = Object.fromEntries(TEMPLATES.map((one) => [one.id, [one.local, one.remote]]));

		expect(ports).toMatchObject({
			mysql: [3307, 3306], postgresql: [5433, 5432], redis: [6380, 6379], mongodb: [27018, 27017],
			web: [8080, 80], jupyter: [8889, 8888],
		});
	});
	it("take a name that is free", () => {
		chosenLang.value = "fr";
		const mysql = TEMPLATES[0]!;

		expect(apply(mysql, new Set()).name).toBe("MySQL vers localhost");
		expect(apply(mysql, new Set(["MySQL vers localhost", "MySQL vers localhost 2"])).name).toBe("MySQL vers localhost 3");
	});
});

describe("the next free port", () => {
	it.each([["3308", 3308], ["127.0.0.1:3308", 3308], [3308, 3308], ["", null], [undefined, null], ["x", null], ["0", null], ["70000", null]])(
		"in %s is %s", (next, port) => expect(portOf(next)).toBe(port));
});

describe("a long list", () => {
	const rows = [10, 10, 30, 10, 10];

	it("draws what is seen and keeps room for the rest", () => {
		expect(rangeOf(rows, 0, 25)).toEqual({ first: 0, end: 3, before: 0, after: 20 });
		expect(rangeOf(rows, 20, 51)).toEqual({ first: 2, end: 4, before: 20, after: 10 });
		expect(rangeOf(rows, 15, 16)).toEqual({ first: 1, end: 2, before: 10, after: 50 });
	});
	it("draws nothing when it is out of sight", () => {
		expect(rangeOf(rows, -200, -100)).toEqual({ first: 0, end: 0, before: 0, after: 70 });
		expect(rangeOf(rows, 100, 200)).toEqual({ first: 5, end: 5, before: 70, after: 0 });
		expect(rangeOf([], 0, 100)).toEqual({ first: 0, end: 0, before: 0, after: 0 });
	});
});
