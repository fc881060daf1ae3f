/* The drawings that stand in every row: one path each, because a long list draws
 * them by the hundred while it is scrolled. */
const draw = (d: string, filled = false) => (
	<svg
		class={filled ? "lucide filled" : "lucide"}
		viewBox="0 0 24 24"
		fill="none"
		stroke="currentColor"
		stroke-width="2"
		stroke-linecap="round"
		stroke-linejoin="round"
		aria-hidden="true"
	>
		<path d={d} />
	</svg>
);

export const playIcon = () => draw("M5 2.5v19l15.5-9.5z", true);
export const stopIcon = () => draw("M3.5 3.5h17v17h-17z", true);
export const pencilIcon = () => draw("M4 20l1.2-4.8L16.4 4a2.1 2.1 0 0 1 3 0l.6.6a2.1 2.1 0 0 1 0 3L8.8 18.8zM14.2 6.2l3.6 3.6");
export const binIcon = () => draw("M3.5 6.5h17M9 6.5V3h6v3.5M5.5 6.5l1 14.5h11l1-14.5M10 11v5.5M14 11v5.5");
export const dotsIcon = () => draw("M5 11a1 1 0 1 0 .01 0zM12 11a1 1 0 1 0 .01 0zM19 11a1 1 0 1 0 .01 0z");
