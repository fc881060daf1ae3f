/* What most forwards never need, folded away. */
import { isReverseProxy, type ForwardForm } from "../forwards/form";
import { t } from "../i18n/catalog";
import { AreaField, CheckField, TextField } from "./Field";

interface Props {
	form: ForwardForm;
	set: (change: Partial<ForwardForm>) => void;
	error: (name: keyof ForwardForm) => string | undefined;
	hasPassword: boolean;
}

export function ForwardAdvanced({ form, set, error, hasPassword }: Props) {
	const isProxy = form.type === "dynamic" || isReverseProxy(form);
	const number = (name: "idleDisconnect" | "autoOff" | "limitIn" | "limitOut") => ({
		value: form[name],
		onValue: (v: string) => set({ [name]: v }),
		error: error(name),
		inputMode: "numeric" as const,
		placeholder: t("page.advanced.none"),
	});

	return (
		<details class="advanced">
			<summary>{t("page.advanced.title")}</summary>
			<div class="form-grid">
				<TextField
					class="span-2"
					label={t("page.advanced.tags")}
					help={t("page.advanced.tags_help")}
					value={form.tags}
					onValue={(tags) => set({ tags })}
					error={error("tags")}
				/>
				<CheckField
					label={t("page.advanced.autostart")}
					help={t("page.advanced.autostart_help")}
					checked={form.autostart}
					onChecked={(autostart) => set({ autostart })}
				/>
				<CheckField
					label={t("page.advanced.lazy")}
					help={t("page.advanced.lazy_help")}
					checked={form.lazy}
					onChecked={(lazy) => set({ lazy })}
				/>
				<TextField label={t("page.advanced.idle")} {...number("idleDisconnect")} />
				<TextField label={t("page.advanced.auto_off")} {...number("autoOff")} />
				<TextField label={t("page.advanced.limit_in")} {...number("limitIn")} />
				<TextField label={t("page.advanced.limit_out")} {...number("limitOut")} />
				{isProxy && <>
					<TextField
						label={t("page.advanced.socks_user")}
						value={form.socksUser}
						onValue={(socksUser) => set({ socksUser })}
						error={error("socksUser")}
					/>
					<TextField
						label={t("page.advanced.socks_password")}
						type="password"
						autocomplete="new-password"
						placeholder={hasPassword ? t("page.unchanged") : ""}
						value={form.socksPassword}
						onValue={(socksPassword) => set({ socksPassword })}
						error={error("socksPassword")}
					/>
				</>}
				<AreaField
					label={t("page.advanced.allow")}
					help={t("page.advanced.allow_help")}
					value={form.allow}
					onValue={(allow) => set({ allow })}
					error={error("allow")}
				/>
				<AreaField label={t("page.advanced.note")} value={form.note} onValue={(note) => set({ note })} error={error("note")} />
			</div>
		</details>
	);
}
