/* Something fetched for a view, again every so often while the view is seen. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Problem, asProblem, get } from "../api/client";
import { lang } from "../i18n/catalog";
import { streamState } from "./stream";

export interface Fetched<T> {
	data: Signal<T | null>;
	problem: Signal<Problem | null>;
	again: () => void;
}

/* `everyMs` 0: only when the path, the language or the stream's health changes. */
export function useFetch<T>(path: string | null, everyMs = 0): Fetched<T> {
	const data = useSignal<T | null>(null);
	const problem = useSignal<Problem | null>(null);
	const round = useSignal(0);
	const live = streamState.value === "live";

	useEffect(() => {
		if (path === null) return;
		const control = new AbortController();
		let timer: ReturnType<typeof setTimeout> | undefined;

		async function load(): Promise<void> {
			try {
				if (!document.hidden || data.peek() === null) data.value = await get<T>(path!, control.signal);
				problem.value = null;
			} catch (e) {
				if (control.signal.aborted) return;
				problem.value = asProblem(e);
			}
			if (everyMs > 0 && !control.signal.aborted) timer = setTimeout(() => void load(), everyMs);
		}
		void load();
		return () => {
			clearTimeout(timer);
			control.abort();
		};
	}, [path, everyMs, round.value, lang.value, live]);
	return { data, problem, again: () => { round.value++; } };
}
