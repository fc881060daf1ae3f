/* The dialogs that are open, the topmost last. */
import { signal } from "@preact/signals";
import type { Forward, KnownHost, Server, Trouble } from "../api/types";
import type { ForwardForm } from "../forwards/form";
import type { ServerForm } from "../servers/form";

export type DialogSpec =
	| { kind: "forward"; forward?: Forward; draft?: Partial<ForwardForm>; startAfter?: boolean }
	| { kind: "server"; server?: Server; draft?: Partial<ServerForm>; onDone?: (s: Server) => void }
	| { kind: "delete-forward"; forward: Forward }
	| { kind: "delete-server"; server: Server }
	| { kind: "delete-host"; host: KnownHost; onDone: () => void }
	| { kind: "reset-secrets" }
	| { kind: "stop-to-edit"; forward: Forward }
	| { kind: "key-changed"; serverId: number; trouble: Trouble }
	| { kind: "test"; forwardId: number | null; serverId: number; title: string }
	| { kind: "keys" };

export interface OpenDialog {
	no: number;
	spec: DialogSpec;
}

let nextNo = 1;

export const dialogs = signal<readonly OpenDialog[]>([]);

export function open(spec: DialogSpec): void {
	dialogs.value = [...dialogs.peek(), { no: nextNo++, spec }];
}

export function close(no: number): void {
	dialogs.value = dialogs.peek().filter((one) => one.no !== no);
}

/* Editing wants the forward stopped: what runs is asked about first. One in error
 * carries nothing that could be lost, and editing is what it needs. */
export function edit(forward: Forward): void {
	const fails = forward.wanted && forward.state === "error";

	open(forward.wanted && !fails ? { kind: "stop-to-edit", forward } : { kind: "forward", forward, startAfter: fails });
}
