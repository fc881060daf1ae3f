import { useComputed } from "@preact/signals";
import { duration, exactTime } from "../i18n/format";
import { now } from "../state/now";

/* For how long; the exact time stands in its title. */
export function Since({ at }: { at: string }) {
	const text = useComputed(() => duration((now.value - Date.parse(at)) / 1000));

	return <time dateTime={at} title={exactTime(at)}>{text}</time>;
}

/* How long until. */
export function Until({ at }: { at: string }) {
	const text = useComputed(() => duration((Date.parse(at) - now.value) / 1000));

	return <time dateTime={at} title={exactTime(at)}>{text}</time>;
}
