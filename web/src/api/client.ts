/*
 * Requests to the daemon. Every failure becomes a Problem with a sentence for
 * people: the daemon's own words where it spoke, else the page's.
 */
import { effectiveLang, t } from "../i18n/catalog";
import type { FieldError } from "./types";

export const BASE = "/api/v1";

export class Problem extends Error {
	readonly status: number;
	readonly code: string;
	readonly offer: string;
	readonly args: Record<string, string>;
	readonly fields: FieldError[];

	constructor(status: number, body: Partial<ProblemBody>) {
		super(body.detail || body.title || t("page.error.http", { status: String(status) }));
		this.status = status;
		this.code = body.code ?? "";
		this.offer = body.offer ?? "";
		this.args = body.args ?? {};
		this.fields = body.fields ?? [];
	}
}

interface ProblemBody {
	title: string;
	detail: string;
	code: string;
	offer: string;
	args: Record<string, string>;
	fields: FieldError[];
}

export const UNREACHABLE = "unreachable";

export function asProblem(e: unknown): Problem {
	if (e instanceof Problem) return e;
	return new Problem(0, { code: UNREACHABLE, detail: t("page.error.unreachable") });
}

type Unauthorized = () => void;
let onUnauthorized: Unauthorized = () => {};

export function whenUnauthorized(fn: Unauthorized): void {
	onUnauthorized = fn;
}

/* Of the session: it stays with this origin, unlike the cookie, which the
 * browser sends to the other ports of the host as well. */
const MARK = "taupe.mark";

export function headers(more?: Record<string, string>): Record<string, string> {
	return {
		"Accept-Language": effectiveLang(),
		"X-Taupe": localStorage.getItem(MARK) ?? "none",
		...more,
	};
}

/* Without it, nobody has logged in here yet, or somebody has logged out. */
export const hasMark = (): boolean => localStorage.getItem(MARK) !== null;

export function dropMark(): void {
	localStorage.removeItem(MARK);
}

function keepMark(response: Response): void {
	const mark = response.headers.get("X-Taupe");

	if (mark) localStorage.setItem(MARK, mark);
}

export async function problemOf(response: Response): Promise<Problem> {
	const body = await response.json().catch(() => ({}));

	return new Problem(response.status, body as Partial<ProblemBody>);
}

interface Options {
	body?: unknown;
	revision?: number;
	signal?: AbortSignal;
}

async function send(method: string, path: string, o: Options = {}): Promise<Response> {
	const h = headers();

	if (o.body !== undefined) h["Content-Type"] = "application/json";
	if (o.revision) h["If-Match"] = `"${o.revision}"`;
	let response: Response;
	try {
		response = await fetch(BASE + path, {
			method,
			headers: h,
			credentials: "same-origin",
			cache: "no-store",
			...(o.body !== undefined ? { body: JSON.stringify(o.body) } : {}),
			...(o.signal ? { signal: o.signal } : {}),
		});
	} catch (e) {
		if (o.signal?.aborted) throw e;
		throw asProblem(e);
	}
	keepMark(response);
	if (response.ok) return response;
	const problem = await problemOf(response);
	if (problem.status === 401 && problem.code === "not_logged_in" && path !== "/login")
		onUnauthorized();
	throw problem;
}

async function json<T>(method: string, path: string, o?: Options): Promise<T> {
	const response = await send(method, path, o);

	if (response.status === 204) return undefined as T;
	return (await response.json()) as T;
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
	json<T>("GET", path, signal ? { signal } : {});
export const post = <T = void>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> =>
	json<T>("POST", path, { body: body ?? {}, ...(signal ? { signal } : {}) });
export const patch = <T>(path: string, body: unknown, revision?: number): Promise<T> =>
	json<T>("PATCH", path, revision ? { body, revision } : { body });
export const put = (path: string, body: unknown): Promise<void> =>
	json<void>("PUT", path, { body });
export const del = (path: string, revision?: number): Promise<void> =>
	json<void>("DELETE", path, revision ? { revision } : {});
export const text = async (path: string): Promise<string> =>
	(await send("GET", path)).text();

/* ?a=1&b=2 of what is set. */
export function query(values: Record<string, string | number | boolean | null | undefined>): string {
	const q = new URLSearchParams();

	for (const [name, value] of Object.entries(values)) {
		if (value === null || value === undefined || value === "" || value === false) continue;
		q.set(name, value === true ? "1" : String(value));
	}
	const s = q.toString();
	return s ? `?${s}` : "";
}
