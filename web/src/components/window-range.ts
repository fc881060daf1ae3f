/* Which rows of a long list are near enough to be seen, and the room of the others. */
export interface Range {
	first: number;
	/* One past the last. */
	end: number;
	before: number;
	after: number;
}

/* `top`, `bottom`: what is seen, in the list's own pixels. */
export function rangeOf(heights: readonly number[], top: number, bottom: number): Range {
	let first = 0, before = 0;

	while (first < heights.length && before + heights[first]! <= top) before += heights[first++]!;
	let end = first, seen = before;
	while (end < heights.length && seen < bottom) seen += heights[end++]!;
	let after = 0;
	for (let i = end; i < heights.length; i++) after += heights[i]!;
	return { first, end, before, after };
}
