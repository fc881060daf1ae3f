/* One menu for the whole page, opened beside the button that asked for it. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export interface MenuItem {
	label: string;
	icon: ComponentChildren;
	run: () => void;
}

interface OpenMenu {
	anchor: HTMLElement;
	items: MenuItem[];
}

const current = signal<OpenMenu | null>(null);

export function openMenu(anchor: HTMLElement, items: MenuItem[]): void {
	current.value = { anchor, items };
}

function place(menu: HTMLElement, anchor: HTMLElement): void {
	const at = anchor.getBoundingClientRect();
	const { offsetWidth: w, offsetHeight: h } = menu;
	const below = at.bottom + 4 + h < innerHeight;

	menu.style.left = `${Math.max(8, Math.min(at.right - w, innerWidth - w - 8))}px`;
	menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - h - 4)}px`;
}

function move(e: KeyboardEvent, menu: HTMLElement): void {
	const items = [...menu.querySelectorAll<HTMLElement>("[role=menuitem]")];
	const at = items.indexOf(document.activeElement as HTMLElement);
	const to: Record<string, number> = {
		ArrowDown: (at + 1) % items.length,
		ArrowUp: (at - 1 + items.length) % items.length,
		Home: 0,
		End: items.length - 1,
	};
	const next = to[e.key];

	if (next === undefined) return;
	e.preventDefault();
	items[next]?.focus();
}

export function Menu() {
	const open = current.value;
	const ref = useRef<HTMLDivElement>(null);

	useLayoutEffect(() => {
		const menu = ref.current;
		if (!open || !menu) return;
		menu.showPopover();
		place(menu, open.anchor);
		menu.querySelector<HTMLElement>("[role=menuitem]")?.focus();
	}, [open]);
	if (!open) return null;
	const close = (): void => {
		current.value = null;
		open.anchor.focus();
	};
	return (
		<div
			ref={ref}
			class="menu"
			role="menu"
			popover="auto"
			onKeyDown={(e) => (e.key === "Tab" ? close() : move(e, e.currentTarget))}
			onToggle={(e) => {
				if (e.newState === "closed" && current.peek() === open) close();
			}}
		>
			{open.items.map((item) => (
				<button
					key={item.label}
					type="button"
					role="menuitem"
					tabIndex={-1}
					onClick={() => {
						close();
						item.run();
					}}
				>
					{item.icon}{item.label}
				</button>
			))}
		</div>
	);
}
