import { useSignal } from "@preact/signals";
import { LogOut } from "lucide-preact";
import { get, patch } from "../api/client";
import type { Settings as SettingsData, Status, Theme } from "../api/types";
import { CheckField, SelectField } from "../components/Field";
import { ImportExport } from "../components/ImportExport";
import { PagePassphrase, Secrets } from "../components/Secrets";
import { Tokens } from "../components/Tokens";
import { t, type Lang } from "../i18n/catalog";
import { bytes } from "../i18n/format";
import { settings } from "../state/live";
import { notifyState, setNotify } from "../state/notify";
import { logout } from "../state/session";
import { complain } from "../state/toasts";
import { useFetch } from "../state/use-fetch";

async function change(what: Partial<SettingsData>): Promise<void> {
	try {
		settings.value = await patch<SettingsData>("/settings", what);
	} catch (e) {
		complain(e);
		settings.value = await get<SettingsData>("/settings").catch(() => settings.peek());
	}
}

function Appearance({ s }: { s: SettingsData }) {
	return (
		<section class="card">
			<h2>{t("page.settings.look")}</h2>
			<div class="form-grid">
				<SelectField
					label={t("page.settings.language")}
					value={s.language ?? ""}
					options={[
						{ value: "", label: t("page.settings.as_browser") },
						{ value: "en", label: "English" },
						{ value: "fr", label: "Français" },
					]}
					onValue={(v) => void change({ language: (v || null) as Lang | null })}
				/>
				<SelectField
					label={t("page.settings.theme")}
					value={s.theme}
					options={(["system", "light", "dark"] as const).map((value: Theme) => ({ value, label: t(`page.theme.${value}`) }))}
					onValue={(theme) => void change({ theme })}
				/>
			</div>
		</section>
	);
}

function Notifications() {
	const state = notifyState.value;

	return (
		<section class="card">
			<h2>{t("page.settings.notifications")}</h2>
			<CheckField
				label={t("page.settings.notify")}
				help={state === "blocked" ? t("page.settings.notify_blocked") : t("page.settings.notify_help")}
				checked={state === "on"}
				disabled={state === "blocked"}
				onChecked={(on) => void setNotify(on)}
			/>
		</section>
	);
}

const LOG_LEVELS = ["error", "warn", "info", "debug", "trace"] as const;

function Daemon({ s }: { s: SettingsData }) {
	const { data } = useFetch<Status>("/status", 15_000);
	const kept = useSignal<string | null>(null);

	return (
		<section class="card">
			<h2>{t("page.settings.daemon")}</h2>
			<div class="form-grid">
				<SelectField
					label={t("page.settings.log_level")}
					value={s.log_level}
					options={LOG_LEVELS.map((value) => ({ value, label: t(`page.log.${value}`) }))}
					onValue={(log_level) => void change({ log_level })}
				/>
				<div class="field">
					<label for="events-kept">{t("page.settings.events_kept")}</label>
					<input
						id="events-kept"
						type="text"
						inputMode="numeric"
						value={kept.value ?? String(s.events_kept)}
						onInput={(e) => { kept.value = e.currentTarget.value; }}
						onChange={(e) => {
							void change({ events_kept: Number(e.currentTarget.value) }).then(() => { kept.value = null; });
						}}
					/>
				</div>
			</div>
			{data.value && (
				<dl class="facts">
					<dt>{t("page.settings.version")}</dt><dd>taupe {data.value.version}</dd>
					<dt>{t("page.settings.address")}</dt><dd><code>{s.listen ?? "–"}</code></dd>
					<dt>{t("page.settings.state_dir")}</dt><dd><code>{data.value.state_dir}</code></dd>
					<dt>{t("page.settings.memory")}</dt><dd>{bytes(data.value.memory_bytes)}</dd>
				</dl>
			)}
			<button type="button" class="button" onClick={() => void logout()}>
				<LogOut aria-hidden="true" />{t("page.settings.logout")}
			</button>
		</section>
	);
}

export function Settings() {
	const s = settings.value;

	return (
		<>
			<header class="view-head"><h1>{t("page.nav.settings")}</h1></header>
			{s && <div class="settings">
				<Appearance s={s} />
				<Notifications />
				<Secrets s={s} />
				<PagePassphrase s={s} />
				<Tokens />
				<ImportExport />
				<Daemon s={s} />
			</div>}
		</>
	);
}
