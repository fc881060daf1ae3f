/* A staged test: steps that light up as the daemon gets past them. */
import { useSignal } from "@preact/signals";
import { Check, Circle, CircleSlash, LoaderCircle, X } from "lucide-preact";
import { useEffect } from "preact/hooks";
import { Problem, asProblem, del, get, post } from "../api/client";
import type { StageState, Test } from "../api/types";
import { t } from "../i18n/catalog";
import { millis } from "../i18n/format";
import { tests } from "../state/live";
import { Dialog, DialogFoot } from "./Dialog";
import { ProblemNote } from "./ProblemNote";

function StageIcon({ state }: { state: StageState }) {
	switch (state) {
	case "ok": return <Check aria-hidden="true" />;
	case "failed": return <X aria-hidden="true" />;
	case "running": return <LoaderCircle aria-hidden="true" class="spin" />;
	case "skipped": return <CircleSlash aria-hidden="true" />;
	case "waiting": return <Circle aria-hidden="true" />;
	}
}

export function Steps({ test }: { test: Test }) {
	return (
		<ol class="steps">
			{test.stages.map((s) => (
				<li key={s.stage} class={`step step-${s.state}`}>
					<span class="step-icon"><StageIcon state={s.state} /></span>
					<span class="step-name">
						{t(`page.stage.${s.stage}`)}<span class="hidden">{` : ${t(`page.stage_state.${s.state}`)}`}</span>
					</span>
					<span class="step-time">{s.ms === null ? "" : millis(Math.max(s.ms, 0.1) * 1000)}</span>
					{s.detail && <span class="step-detail">{s.detail}</span>}
					{s.error && <p class="step-error"><strong>{s.error.message}</strong> {s.error.offer}</p>}
				</li>
			))}
		</ol>
	);
}

interface Props {
	forwardId: number | null;
	serverId: number;
	title: string;
	onClose: () => void;
}

export function TestDialog({ forwardId, serverId, title, onClose }: Props) {
	const id = useSignal<string | null>(null);
	const first = useSignal<Test | null>(null);
	const problem = useSignal<Problem | null>(null);
	const again = useSignal(0);
	const test = (id.value !== null && tests.value.get(id.value)) || first.value;

	useEffect(() => {
		let mine: string | null = null;
		let closed = false;

		problem.value = null;
		first.value = null;
		id.value = null;
		void (async () => {
			try {
				const path = forwardId === null ? `/servers/${serverId}/test` : `/forwards/${forwardId}/test`;
				mine = (await post<{ id: string }>(path)).id;
				if (closed) return void del(`/tests/${mine}`).catch(() => {});
				id.value = mine;
				first.value = await get<Test>(`/tests/${mine}`);
			} catch (e) {
				problem.value = asProblem(e);
			}
		})();
		return () => {
			closed = true;
			if (mine !== null && !tests.peek().get(mine)?.done) void del(`/tests/${mine}`).catch(() => {});
		};
	}, [again.value]);
	return (
		<Dialog title={t("page.test_title", { name: title })} onClose={onClose}>
			<div class="dialog-body" aria-live="polite">
				{test ? <Steps test={test} /> : !problem.value && <p class="muted">{t("page.loading")}</p>}
				{test?.done && <p class={test.ok ? "verdict good" : "verdict bad"}>{t(test.ok ? "page.test_ok" : "page.test_failed")}</p>}
				<ProblemNote problem={problem.value} />
			</div>
			<DialogFoot>
				{(test?.done || problem.value) && <button type="button" class="button" onClick={() => { again.value++; }}>{t("page.test_again")}</button>}
				<button type="button" class="button primary" onClick={onClose}>{t("page.close")}</button>
			</DialogFoot>
		</Dialog>
	);
}
