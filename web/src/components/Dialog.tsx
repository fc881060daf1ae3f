/*
 * A modal dialog on the browser's own <dialog>: focus stays inside, Escape closes,
 * and the focus goes back where it was.
 */
import { X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../i18n/catalog";

interface Props {
	title: string;
	onClose: () => void;
	children: ComponentChildren;
	/* A question: the id of the text that is read out with the title. */
	describedBy?: string;
	width?: "narrow" | "wide";
	icon?: ComponentChildren;
}

export function Dialog({ title, onClose, children, describedBy, width = "narrow", icon }: Props) {
	const ref = useRef<HTMLDialogElement>(null);
	const gone = useRef(false);
	const id = useId();

	useEffect(() => {
		const dialog = ref.current!;
		const before = document.activeElement;

		dialog.showModal();
		return () => {
			gone.current = true;
			dialog.close();
			if (before instanceof HTMLElement && before.isConnected) before.focus();
		};
	}, []);
	return (
		<dialog
			ref={ref}
			class={`dialog dialog-${width} ${describedBy ? "dialog-question" : ""}`}
			aria-labelledby={id}
			aria-describedby={describedBy}
			onCancel={(e) => {
				e.preventDefault();
				if (e.target === ref.current) onClose();
			}}
			/* A browser may close without asking, when Escape comes twice. */
			onClose={(e) => {
				if (e.target === ref.current && !gone.current) onClose();
			}}
		>
			<header class="dialog-head">
				{icon}
				<h2 id={id}>{title}</h2>
				<button type="button" class="icon-button" aria-label={t("page.close")} onClick={onClose}>
					<X aria-hidden="true" />
				</button>
			</header>
			{children}
		</dialog>
	);
}

/* The buttons at a dialog's foot. */
export function DialogFoot({ children }: { children: ComponentChildren }) {
	return <footer class="dialog-foot">{children}</footer>;
}
