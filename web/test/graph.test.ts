import { describe, expect, it } from "vitest";
import { historySeries, liveSeries, sinceOf } from "../src/components/graph-data";
import { SAMPLES } from "../src/state/traffic";

const NOW = Date.parse("2026-05-17T12:00:30Z");

describe("the graph", () => {
	it("fills the steps that carried nothing", () => {
		const [times, ins, outs] = historySeries([
			{ start: "2026-05-17T11:59:00Z", bytes_in: 600, bytes_out: 60, connections: 1 },
		], "minute", NOW);

		expect(times.length).toBe(60);
		expect(times.at(-1)).toBe(Date.parse("2026-05-17T12:00:00Z") / 1000);
		expect([ins.at(-3), ins.at(-2), ins.at(-1)]).toEqual([0, 10, 0]);
		expect(outs.at(-2)).toBe(1);
	});
	it("asks for as much as it shows", () => expect(sinceOf("minute", NOW)).toBe("2026-05-17T11:00:30.000Z"));
	it("is flat before anything flows", () => {
		const [times, ins] = liveSeries(undefined, NOW);

		expect(times.length).toBe(SAMPLES);
		expect(times.at(-1)).toBe(NOW / 1000 - 0);
		expect(Math.max(...ins)).toBe(0);
	});
});
