import { useComputed } from "@preact/signals";
import { t } from "../i18n/catalog";
import { duration, exactTime } from "../i18n/format";
import { now } from "../state/now";

/* For how long; the exact time stands in its title. */
export function Since({ at }: { at: string }) {
	const text = useComputed(() => duration((now.value - Date.parse(at)) / 1000));

	return <time dateTime={at} title={exactTime(at)}>{text}</time>;
}

/* When a lost link is tried again, until it is. */
export function NextTry({ at }: { at: string }) {
	const isSoon = useComputed(() => Date.parse(at) - now.value < 1000);

	return <span class="next-try">{isSoon.value ? t("page.next_try_now") : <>{t("page.next_try")} <Until at={at} /></>}</span>;
}

/* How long until. */
export function Until({ at }: { at: string }) {
	const text = useComputed(() => duration((Date.parse(at) - now.value) / 1000));

	return <time dateTime={at} title={exactTime(at)}>{text}</time>;
}
