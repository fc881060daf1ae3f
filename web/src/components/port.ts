/* "127.0.0.1:3308" or "3308", as an offer names it; null: there is none. */
export function portOf(next: string | number | null | undefined): number | null {
	const n = Number(String(next ?? "").replace(/^.*:/, ""));

	return Number.isInteger(n) && n > 0 && n < 65536 ? n : null;
}
