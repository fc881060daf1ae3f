/* Short notes at the edge: what was done, and failures that have no other place. */
import { signal } from "@preact/signals";
import { asProblem, UNREACHABLE } from "../api/client";

export interface Toast {
	id: number;
	tone: "info" | "error";
	text: string;
	offer: string;
	/* Of an error. */
	code: string;
}

const INFO_MS = 4000;
let nextId = 1;

export const toasts = signal<readonly Toast[]>([]);

export function dismiss(id: number): void {
	toasts.value = toasts.peek().filter((one) => one.id !== id);
}

export function say(text: string): void {
	const id = nextId++;

	toasts.value = [...toasts.peek().slice(-3), { id, tone: "info", text, offer: "", code: "" }];
	setTimeout(() => dismiss(id), INFO_MS);
}

/* Stays until it is read. The same sentence stands once. */
export function complain(e: unknown): void {
	const { message, offer, code } = asProblem(e);
	const others = toasts.peek().filter((one) => one.text !== message);

	toasts.value = [...others.slice(-3), { id: nextId++, tone: "error", text: message, offer, code }];
}

/* The daemon answers again: that it did not is no longer so. */
export function takeBackUnreachable(): void {
	toasts.value = toasts.peek().filter((one) => one.code !== UNREACHABLE);
}
