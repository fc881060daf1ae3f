/* Adding or editing a server. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Problem, asProblem, patch, post, query } from "../api/client";
import type { HostKeyPolicy, KeepSecrets, Server } from "../api/types";
import { t } from "../i18n/catalog";
import { emptyServer, serverBodyOf, serverFormOf, serverInputOf, splitTarget, type ServerForm } from "../servers/form";
import { answerServer, moment, servers } from "../state/live";
import { say } from "../state/toasts";
import { Dialog, DialogFoot } from "./Dialog";
import { AreaField, SelectField, TextField } from "./Field";
import { ProblemNote } from "./ProblemNote";
import { ServerAdvanced } from "./ServerAdvanced";

interface Props {
	server?: Server | undefined;
	draft?: Partial<ServerForm> | undefined;
	onDone?: ((s: Server) => void) | undefined;
	onClose: () => void;
}

const POLICIES: readonly HostKeyPolicy[] = ["ask", "strict", "accept-new"];
const KEEPS: readonly KeepSecrets[] = ["keep", "session", "never"];

export function ServerDialog({ server, draft, onDone, onClose }: Props) {
	const form = useSignal<ServerForm>(server ? serverFormOf(server) : { ...emptyServer(), ...draft });
	const errors = useSignal<Partial<Record<keyof ServerForm, string>>>({});
	const problem = useSignal<Problem | null>(null);
	const busy = useSignal(false);
	const ref = useRef<HTMLFormElement>(null);
	const f = form.value;
	const running = (server?.forwards_wanted ?? 0) > 0;

	function set(change: Partial<ServerForm>): void {
		form.value = { ...form.peek(), ...change };
		errors.value = Object.fromEntries(Object.entries(errors.peek()).filter(([name]) => !(name in change)));
	}

	const bind = <K extends keyof ServerForm>(name: K) => ({
		value: f[name] as string,
		onValue: (value: string) => set({ [name]: value }),
		error: errors.value[name],
	});

	function refuse(p: Problem): void {
		const found: Partial<Record<keyof ServerForm, string>> = {};

		for (const { field, message } of p.fields) {
			const input = serverInputOf(field);
			if (input) found[input] ??= message;
		}
		errors.value = found;
		if (Object.keys(found).length === 0) problem.value = p;
		else requestAnimationFrame(() => ref.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
	}

	async function save(): Promise<void> {
		if (busy.peek()) return;
		busy.value = true;
		problem.value = null;
		try {
			const since = moment();
			const body = serverBodyOf(form.peek());
			const saved = server
				? await patch<Server>(`/servers/${server.id}${query({ stop: running, start: running })}`, body, server.revision)
				: await post<Server>("/servers", body);
			answerServer(saved, since);
			say(t("page.server.saved"));
			onDone?.(saved);
			onClose();
		} catch (e) {
			refuse(asProblem(e));
		} finally {
			busy.value = false;
		}
	}

	return (
		<Dialog title={server ? t("page.server.edit_title", { name: server.name }) : t("page.server.add_title")} onClose={onClose} width="wide">
			<form
				ref={ref}
				noValidate
				onSubmit={(e) => {
					e.preventDefault();
					void save();
				}}
			>
				<div class="dialog-body">
					{running && <p class="note">{t("page.server.running_note")}</p>}
					<div class="form-grid">
						<TextField class="span-2" autofocus label={t("page.field.name")} placeholder={t("page.server.name_example")} maxLength={64} {...bind("name")} />
						<TextField
							label={t("page.server.host")}
							help={t("page.server.host_help")}
							{...bind("host")}
							onBlur={(e) => set(splitTarget(e.currentTarget.value))}
						/>
						<TextField label={t("page.server.port")} inputMode="numeric" {...bind("port")} />
						<TextField label={t("page.server.user")} help={t("page.server.user_help")} {...bind("user")} />
						<SelectField
							label={t("page.server.jump")}
							help={t("page.server.jump_help")}
							value={f.jumpServerId}
							options={[
								{ value: "", label: t("page.server.jump_none") },
								...servers.all.value.filter((s) => s.id !== server?.id).map((s) => ({ value: String(s.id), label: s.name })),
							]}
							onValue={(jumpServerId) => set({ jumpServerId })}
							error={errors.value.jumpServerId}
						/>
						<AreaField label={t("page.server.keys")} help={t("page.server.keys_help")} placeholder="~/.ssh/id_ed25519" {...bind("identityFiles")} />
						<TextField
							label={t("page.server.password")}
							help={t("page.server.password_help")}
							type="password"
							autocomplete="new-password"
							placeholder={server?.stored_secrets.some((s) => s.kind === "password") ? t("page.unchanged") : ""}
							{...bind("password")}
						/>
						<SelectField
							label={t("page.server.policy")}
							value={f.hostKeyPolicy}
							options={POLICIES.map((value) => ({ value, label: t(`page.policy.${value}`) }))}
							onValue={(hostKeyPolicy) => set({ hostKeyPolicy })}
							error={errors.value.hostKeyPolicy}
						/>
						<SelectField
							label={t("page.server.keep")}
							value={f.keepSecrets}
							options={KEEPS.map((value) => ({ value, label: t(`page.keep.${value}`) }))}
							onValue={(keepSecrets) => set({ keepSecrets })}
							error={errors.value.keepSecrets}
						/>
					</div>
					<ServerAdvanced form={f} set={set} bind={bind} />
					<ProblemNote problem={problem.value} />
				</div>
				<DialogFoot>
					<button type="button" class="button" onClick={onClose}>{t("page.cancel")}</button>
					<button type="submit" class="button primary" aria-disabled={busy.value} aria-busy={busy.value}>
						{server ? t("page.save") : t("page.add")}
					</button>
				</DialogFoot>
			</form>
		</Dialog>
	);
}
