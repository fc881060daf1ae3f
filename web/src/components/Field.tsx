/* A labelled input with its help and what is wrong with it. */
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface Common {
	label: string;
	help?: string | undefined;
	error?: string | undefined;
	class?: string;
}

interface FrameProps extends Common {
	id: string;
	children: ComponentChildren;
	extra?: ComponentChildren;
}

function describedBy(id: string, help?: string, error?: string): string | undefined {
	return [error && `${id}-error`, help && `${id}-help`].filter(Boolean).join(" ") || undefined;
}

function Frame({ id, label, help, error, extra, children, class: more }: FrameProps) {
	return (
		<div class={`field ${more ?? ""}`}>
			<label for={id}>{label}</label>
			{children}
			{error && <p class="field-error" id={`${id}-error`} role="alert">{error}</p>}
			{extra}
			{help && <p class="field-help" id={`${id}-help`}>{help}</p>}
		</div>
	);
}

type InputProps = Common & Omit<JSX.IntrinsicElements["input"], "label" | "onInput" | "class"> & {
	value: string;
	onValue: (value: string) => void;
	extra?: ComponentChildren;
};

export function TextField({ label, help, error, extra, class: more, onValue, ...input }: InputProps) {
	const id = useId();

	return (
		<Frame id={id} label={label} help={help} error={error} extra={extra} class={more ?? ""}>
			<input
				type="text"
				autocomplete="off"
				spellcheck={false}
				{...input}
				id={id}
				aria-invalid={error ? "true" : undefined}
				aria-describedby={describedBy(id, help, error)}
				onInput={(e) => onValue(e.currentTarget.value)}
			/>
		</Frame>
	);
}

type AreaProps = Common & { value: string; onValue: (v: string) => void; rows?: number; placeholder?: string };

export function AreaField({ label, help, error, class: more, onValue, ...area }: AreaProps) {
	const id = useId();

	return (
		<Frame id={id} label={label} help={help} error={error} class={more ?? ""}>
			<textarea
				rows={2}
				spellcheck={false}
				{...area}
				id={id}
				aria-invalid={error ? "true" : undefined}
				aria-describedby={describedBy(id, help, error)}
				onInput={(e) => onValue(e.currentTarget.value)}
			/>
		</Frame>
	);
}

interface SelectProps<T extends string> extends Common {
	value: T;
	options: readonly { value: T; label: string }[];
	onValue: (value: T) => void;
	extra?: ComponentChildren;
}

export function SelectField<T extends string>(
	{ label, help, error, extra, class: more, value, options, onValue }: SelectProps<T>,
) {
	const id = useId();

	return (
		<Frame id={id} label={label} help={help} error={error} extra={extra} class={more ?? ""}>
			<select
				id={id}
				value={value}
				aria-invalid={error ? "true" : undefined}
				aria-describedby={describedBy(id, help, error)}
				onChange={(e) => onValue(e.currentTarget.value as T)}
			>
				{options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
			</select>
		</Frame>
	);
}

interface CheckProps {
	label: string;
	help?: string;
	checked: boolean;
	onChecked: (on: boolean) => void;
	disabled?: boolean;
}

export function CheckField({ label, help, checked, onChecked, disabled }: CheckProps) {
	const id = useId();

	return (
		<div class="check-field">
			<input
				type="checkbox"
				id={id}
				checked={checked}
				disabled={disabled}
				aria-describedby={help ? `${id}-help` : undefined}
				onChange={(e) => onChecked(e.currentTarget.checked)}
			/>
			<label for={id}>{label}</label>
			{help && <p class="field-help" id={`${id}-help`}>{help}</p>}
		</div>
	);
}
