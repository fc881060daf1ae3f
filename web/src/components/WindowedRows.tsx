/*
 * The rows of a group. A short list stands in the document whole; of a long one only
 * what is near the window, with room kept for the rest by the heights that were
 * measured, or by their mean.
 */
import { effect, signal, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { ForwardRow } from "./ForwardRow";
import { rangeOf, type Range } from "./window-range";

/* Rows are drawn so far around the window, and more when it gets this near to their
 * end: a few at a time, so that none of the frames while scrolling has many to draw. */
const AROUND_PX = 750;
const NEAR_PX = 500;
const GUESS_PX = 54;

/* Goes up when the window has scrolled or changed its size. */
const moved = signal(0);
let frame = 0;

function onMove(): void {
	frame ||= requestAnimationFrame(() => {
		frame = 0;
		moved.value++;
	});
}

addEventListener("scroll", onMove, { passive: true });
addEventListener("resize", onMove);

function mean(heights: ReadonlyMap<number, number>): number {
	let sum = 0;

	for (const height of heights.values()) sum += height;
	return heights.size > 0 ? sum / heights.size : GUESS_PX;
}

function useRange(ids: readonly number[]) {
	const list = useRef<HTMLUListElement>(null);
	const heights = useRef(new Map<number, number>());
	const range = useSignal<Range>({ first: 0, end: 0, before: 0, after: ids.length * GUESS_PX });

	function around(px: number): Range {
		const guess = mean(heights.current);
		const top = -list.current!.getBoundingClientRect().top;

		return rangeOf(ids.map((id) => heights.current.get(id) ?? guess), top - px, top + innerHeight + px);
	}

	useLayoutEffect(() => {
		for (const row of list.current!.querySelectorAll<HTMLElement>(":scope > .row"))
			heights.current.set(Number(row.dataset.id), row.offsetHeight);
	});
	useLayoutEffect(() => {
		range.value = around(AROUND_PX);
		return effect(() => {
			moved.value;
			const near = around(NEAR_PX), drawn = range.peek();
			if (near.first < drawn.first || near.end > drawn.end) range.value = around(AROUND_PX);
		});
	}, [ids]);
	return { list, range };
}

/* Room as high as what is not drawn there. */
function Room({ height }: { height: number }) {
	const li = useRef<HTMLLIElement>(null);

	useLayoutEffect(() => {
		li.current!.style.height = `${height}px`;
	}, [height]);
	return <li ref={li} class="room" aria-hidden="true" />;
}

function Windowed({ ids }: { ids: readonly number[] }) {
	const { list, range } = useRange(ids);
	const { first, end, before, after } = range.value;

	return (
		<ul ref={list} role="list" class="rows">
			<Room height={before} />
			{ids.slice(first, end).map((id, i) => <ForwardRow key={id} id={id} place={first + i + 1} of={ids.length} />)}
			<Room height={after} />
		</ul>
	);
}

export function Rows({ ids, long }: { ids: readonly number[]; long: boolean }) {
	if (long) return <Windowed ids={ids} />;
	return <ul role="list" class="rows">{ids.map((id) => <ForwardRow key={id} id={id} />)}</ul>;
}
