/*
 * Resources by id, one signal each: what changes in one redraws only what reads
 * that one. `ids` changes only when rows come, go or move.
 */
import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";

export class Collection<T extends { id: number }> {
	readonly ids: Signal<number[]> = signal([]);
	readonly all: ReadonlySignal<T[]>;
	private readonly rows = new Map<number, Signal<T>>();
	private readonly compare: (a: T, b: T) => number;

	constructor(compare: (a: T, b: T) => number) {
		this.compare = compare;
		this.all = computed(() => this.ids.value.map((id) => this.rows.get(id)!.value));
	}

	/* The signal of a row; it stays the same while the row is there. */
	row(id: number): Signal<T> | undefined {
		return this.rows.get(id);
	}

	peek(id: number): T | undefined {
		return this.rows.get(id)?.peek();
	}

	replace(list: readonly T[]): void {
		batch(() => {
			const kept = new Set(list.map((one) => one.id));
			for (const id of this.rows.keys())
				if (!kept.has(id)) this.rows.delete(id);
			for (const one of list) this.set(one);
			this.order();
		});
	}

	put(one: T): void {
		batch(() => {
			const before = this.peek(one.id);
			this.set(one);
			if (!before || this.compare(before, one) !== 0) this.order();
		});
	}

	remove(id: number): void {
		if (this.rows.delete(id)) this.order();
	}

	private set(one: T): void {
		const row = this.rows.get(one.id);

		if (row) row.value = one;
		else this.rows.set(one.id, signal(one));
	}

	private order(): void {
		this.ids.value = [...this.rows.values()].map((row) => row.peek())
			.sort(this.compare).map((one) => one.id);
	}
}
