import { X } from "lucide-preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/catalog";
import { dismiss, toasts } from "../state/toasts";

/* A popover, so that it stands above modal dialogs too. */
export function Toasts() {
	const ref = useRef<HTMLDivElement>(null);
	const list = toasts.value;

	useEffect(() => {
		const box = ref.current!;
		if (box.matches(":popover-open")) box.hidePopover();
		if (list.length > 0) box.showPopover();
	}, [list]);
	return (
		<div ref={ref} class="toasts" popover="manual" aria-live="polite">
			{list.map((one) => (
				<div key={one.id} class={`toast toast-${one.tone}`} role={one.tone === "error" ? "alert" : undefined}>
					<p>{one.text} {one.offer && <span class="muted">{one.offer}</span>}</p>
					<button type="button" class="icon-button" aria-label={t("page.close")} onClick={() => dismiss(one.id)}>
						<X aria-hidden="true" />
					</button>
				</div>
			))}
		</div>
	);
}
