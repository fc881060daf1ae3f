/* Adding or editing a forward. */
import { useComputed, useSignal } from "@preact/signals";
import { Play, Plus } from "lucide-preact";
import { useRef } from "preact/hooks";
import { Problem, asProblem, patch, post, query } from "../api/client";
import type { Forward, ForwardType } from "../api/types";
import { errorsOf, useCheck, type Errors } from "../forwards/check";
import { bodyOf, emptyForm, formOf, isPath, isReverseProxy, type ForwardForm } from "../forwards/form";
import { t } from "../i18n/catalog";
import { open } from "../state/dialogs";
import { answerForward, moment, servers } from "../state/live";
import { say } from "../state/toasts";
import { Dialog, DialogFoot } from "./Dialog";
import { SelectField, TextField } from "./Field";
import { ForwardAdvanced } from "./ForwardAdvanced";
import { PasteCommand } from "./PasteCommand";
import { PathDrawing } from "./PathDrawing";
import { PortInUse } from "./PortInUse";
import { ProblemNote } from "./ProblemNote";
import { Templates } from "./Templates";

interface Props {
	forward?: Forward | undefined;
	draft?: Partial<ForwardForm> | undefined;
	startAfter?: boolean | undefined;
	onClose: () => void;
}

const TYPES: readonly ForwardType[] = ["local", "remote", "dynamic"];

export function ForwardDialog({ forward, draft, startAfter, onClose }: Props) {
	const list = servers.all.value;
	const form = useSignal<ForwardForm>(forward
		? formOf(forward)
		: { ...emptyForm(list[0] ? String(list[0].id) : ""), ...draft });
	const touched = useSignal<ReadonlySet<keyof ForwardForm>>(new Set());
	const tried = useSignal(false);
	const refused = useSignal<Errors>({});
	const problem = useSignal<Problem | null>(null);
	const busy = useSignal(false);
	const restart = useSignal(startAfter ?? false);
	const ref = useRef<HTMLFormElement>(null);
	const f = form.value;
	const checked = useCheck(f, forward?.id ?? null);
	const serverName = useComputed(() =>
		servers.all.value.find((s) => String(s.id) === form.value.serverId)?.name ?? "");

	function set(change: Partial<ForwardForm>): void {
		const names = Object.keys(change) as (keyof ForwardForm)[];
		form.value = { ...form.peek(), ...change };
		touched.value = new Set([...touched.peek(), ...names]);
		refused.value = Object.fromEntries(Object.entries(refused.peek()).filter(([name]) => !names.includes(name as keyof ForwardForm)));
	}

	/* What was not typed yet is not wrong yet. */
	function error(name: keyof ForwardForm): string | undefined {
		if (refused.value[name]) return refused.value[name];
		return tried.value || (touched.value.has(name) && form.value[name] !== "") ? checked.value.errors[name] : undefined;
	}

	async function save(start: boolean): Promise<void> {
		if (busy.peek()) return;
		busy.value = true;
		tried.value = true;
		problem.value = null;
		try {
			const since = moment();
			const body = bodyOf(form.peek());
			const saved = forward
				? await patch<Forward>(`/forwards/${forward.id}${query({ start: restart.peek(), stop: startAfter })}`, body, forward.revision)
				: await post<Forward>(`/forwards${query({ start })}`, body);
			answerForward(saved, since);
			say(t(forward ? "page.forward.saved" : "page.forward.added"));
			onClose();
		} catch (e) {
			const p = asProblem(e);
			refused.value = errorsOf(p.fields);
			if (Object.keys(refused.value).length === 0) problem.value = p;
			else requestAnimationFrame(() => ref.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
		} finally {
			busy.value = false;
		}
	}

	const text = (name: "localHost" | "localPort" | "remoteHost" | "remotePort" | "name") => ({
		value: f[name],
		onValue: (value: string) => set({ [name]: value }),
		error: error(name),
	});
	const localIsPath = isPath(f.localHost);
	const remoteIsPath = isPath(f.remoteHost);

	return (
		<Dialog title={forward ? t("page.forward.edit_title", { name: forward.name }) : t("page.forward.add_title")} onClose={onClose} width="wide">
			<form
				ref={ref}
				noValidate
				onSubmit={(e) => {
					e.preventDefault();
					void save(false);
				}}
			>
				<div class="dialog-body">
					{!forward && <Templates onPick={set} />}
					{!forward && <PasteCommand onPick={set} />}
					<PathDrawing form={f} server={serverName.value} />
					<p class="type-meaning">{t(isReverseProxy(f) ? "page.meaning.reverse" : `page.meaning.${f.type}`)}</p>
					<div class="form-grid">
						<TextField label={t("page.field.name")} class="span-2" autofocus placeholder={t("page.field.name_example")} maxLength={64} {...text("name")} />
						<SelectField
							label={t("page.field.type")}
							value={f.type}
							options={TYPES.map((value) => ({ value, label: t(`type.${value}`) }))}
							onValue={(type) => set({ type })}
							error={error("type")}
						/>
						<SelectField
							label={t("page.field.server")}
							value={f.serverId}
							options={[
								...(f.serverId ? [] : [{ value: "", label: t("page.field.server_none") }]),
								...list.map((s) => ({ value: String(s.id), label: s.name })),
							]}
							onValue={(serverId) => set({ serverId })}
							error={error("serverId")}
							extra={
								<button
									type="button"
									class="link-button"
									onClick={() => open({ kind: "server", onDone: (s) => set({ serverId: String(s.id) }) })}
								>
									<Plus aria-hidden="true" />{t("page.server.new")}
								</button>
							}
						/>
						<TextField label={t("page.field.local_host")} help={t(`page.help.local_host.${f.type}`)} {...text("localHost")} />
						<TextField
							label={t("page.field.local_port")}
							inputMode="numeric"
							disabled={localIsPath}
							help={t(`page.help.local_port.${f.type}`)}
							{...text("localPort")}
							extra={checked.value.port && <PortInUse port={checked.value.port} onTake={(n) => set({ localPort: String(n) })} />}
						/>
						{f.type !== "dynamic" && <>
							<TextField label={t("page.field.remote_host")} help={t(`page.help.remote_host.${f.type}`)} {...text("remoteHost")} />
							<TextField label={t("page.field.remote_port")} inputMode="numeric" disabled={remoteIsPath} help={t(`page.help.remote_port.${f.type}`)} {...text("remotePort")} />
						</>}
					</div>
					<ForwardAdvanced form={f} set={set} error={error} hasPassword={forward?.has_socks_password ?? false} />
					{checked.value.sshCommand && (
						<p class="ssh-line"><span>{t("page.forward.same_as")}</span> <code>{checked.value.sshCommand}</code></p>
					)}
					<ProblemNote problem={problem.value} />
				</div>
				<DialogFoot>
					{forward && startAfter && (
						<label class="foot-check">
							<input type="checkbox" checked={restart.value} onChange={(e) => { restart.value = e.currentTarget.checked; }} />
							{t("page.forward.start_again")}
						</label>
					)}
					<button type="button" class="button" onClick={onClose}>{t("page.cancel")}</button>
					{!forward && (
						<button type="button" class="button" aria-disabled={busy.value} onClick={() => void save(true)}>
							<Play aria-hidden="true" class="filled" />{t("page.forward.add_and_start")}
						</button>
					)}
					<button type="submit" class="button primary" aria-disabled={busy.value} aria-busy={busy.value}>
						{forward ? t("page.save") : t("page.add")}
					</button>
				</DialogFoot>
			</form>
		</Dialog>
	);
}
