/* A server's finer points: staying alive, other ways there, ssh's options. */
import { t } from "../i18n/catalog";
import type { ServerForm } from "../servers/form";
import { AreaField, CheckField, TextField } from "./Field";

interface Bound {
	value: string;
	onValue: (value: string) => void;
	error: string | undefined;
}

interface Props {
	form: ServerForm;
	set: (change: Partial<ServerForm>) => void;
	bind: (name: keyof ServerForm) => Bound;
}

export function ServerAdvanced({ form, set, bind }: Props) {
	return (
		<details class="advanced">
			<summary>{t("page.advanced.title")}</summary>
			<div class="form-grid">
				<TextField label={t("page.server.keep_alive")} help={t("page.server.keep_alive_help")} inputMode="numeric" {...bind("keepAlive")} />
				<TextField label={t("page.server.keep_alive_count")} inputMode="numeric" {...bind("keepAliveCount")} />
				<TextField label={t("page.server.connect_timeout")} inputMode="numeric" {...bind("connectTimeout")} />
				<TextField label={t("page.server.pool")} help={t("page.server.pool_help")} inputMode="numeric" {...bind("pool")} />
				<TextField label="ProxyJump" class="mono" placeholder="me@gate:22" {...bind("proxyJump")} />
				<TextField label="ProxyCommand" class="mono" {...bind("proxyCommand")} />
				<TextField label={t("page.server.agent")} class="mono" placeholder="SSH_AUTH_SOCK" {...bind("identityAgent")} />
				<TextField label={t("page.server.auth_methods")} class="mono" placeholder="publickey,password" {...bind("authMethods")} />
				<CheckField
					label={t("page.server.identities_only")}
					checked={form.identitiesOnly}
					onChecked={(identitiesOnly) => set({ identitiesOnly })}
				/>
				<AreaField label={t("page.server.known_hosts")} placeholder="~/.ssh/known_hosts" {...bind("knownHosts")} />
				<AreaField label={t("page.server.options")} help={t("page.server.options_help")} placeholder="RekeyLimit=1G" {...bind("options")} />
				<AreaField label={t("page.advanced.note")} {...bind("note")} />
			</div>
		</details>
	);
}
