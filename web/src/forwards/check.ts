/* Asks the daemon about a form while it is typed, a moment after the last key. */
import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { post } from "../api/client";
import type { Check } from "../api/types";
import { lang } from "../i18n/catalog";
import { bodyOf, inputOf, type ForwardForm } from "./form";

const QUIET_MS = 200;

export type Errors = Partial<Record<keyof ForwardForm, string>>;

export interface Checked {
	errors: Errors;
	port: Check["port"];
	sshCommand: string;
}

const NOTHING: Checked = { errors: {}, port: null, sshCommand: "" };

export function errorsOf(fields: Check["fields"]): Errors {
	const errors: Errors = {};

	for (const { field, message } of fields) {
		const input = inputOf(field);
		if (input && !errors[input]) errors[input] = message;
	}
	return errors;
}

export function useCheck(form: ForwardForm, id: number | null): ReadonlySignal<Checked> {
	const checked = useSignal(NOTHING);
	const body = JSON.stringify({ ...bodyOf(form), ...(id === null ? {} : { id }) });

	useEffect(() => {
		const control = new AbortController();
		const timer = setTimeout(async () => {
			try {
				const c = await post<Check>("/forwards/check", JSON.parse(body), control.signal);
				checked.value = { errors: errorsOf(c.fields), port: c.port, sshCommand: c.ssh_command ?? "" };
			} catch {
				/* Saving will say it. */
			}
		}, QUIET_MS);
		return () => {
			clearTimeout(timer);
			control.abort();
		};
	}, [body, lang.value]);
	return checked;
}
