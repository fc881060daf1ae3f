import { describe, expect, it } from "vitest";
import { bodyOf, emptyForm, formOf, inputOf, isReverseProxy, splitTags } from "../src/forwards/form";
import { formFromPlan, splitAddress } from "../src/forwards/plan";
import { errorsOf } from "../src/forwards/check";
import { emptyServer, serverBodyOf, serverFormOf, serverInputOf, splitTarget } from "../src/servers/form";
import { aForward, aServer } from "./fixtures";

describe("a forward's form", () => {
	it("becomes the request that the guide's example asks for", () => {
		const body = bodyOf({ ...emptyForm("7"), name: " MySQL vers localhost ", localPort: "3307", remotePort: "3306", tags: "db, db , prod" });

		expect(body).toMatchObject({
			name: "MySQL vers localhost", type: "local", server_id: 7, local_host: "127.0.0.1", local_port: 3307,
			remote_host: "127.0.0.1", remote_port: 3306, tags: ["db", "prod"], allow: null, note: null,
		});
		expect(body).not.toHaveProperty("socks_user");
	});

	it("leaves out what was not typed, and sends what is no number as it is", () => {
		expect(bodyOf(emptyForm(""))).not.toHaveProperty("local_port");
		expect(bodyOf(emptyForm(""))).not.toHaveProperty("server_id");
		expect(bodyOf({ ...emptyForm("1"), localPort: "80x" }).local_port).toBe("80x");
	});

	it("has no far side for a dynamic forward", () => {
		const body = bodyOf({ ...emptyForm("1"), type: "dynamic", localPort: "1080", socksUser: "me", socksPassword: "x" });

		expect(body).toMatchObject({ remote: null, socks_user: "me", socks_password: "x" });
		expect(body).not.toHaveProperty("remote_host");
	});

	it("is a proxy over there when a remote forward has no local port", () => {
		const form = { ...emptyForm("1"), type: "remote" as const, remotePort: "1080" };

		expect(isReverseProxy(form)).toBe(true);
		expect(bodyOf(form)).toMatchObject({ local: null, remote_port: 1080 });
		expect(isReverseProxy({ ...form, localHost: "/run/x.sock" })).toBe(false);
	});

	it("takes a path for a host and a port", () => {
		const body = bodyOf({ ...emptyForm("1"), localHost: "/tmp/db.sock", localPort: "1", remotePort: "5432" });

		expect(body.local_path).toBe("/tmp/db.sock");
		expect(body).not.toHaveProperty("local_host");
		expect(body).not.toHaveProperty("local_port");
	});

	it("shows a forward and gives the same back", () => {
		const f = aForward({ tags: ["db"], allow: "10.0.0.0/8, ::1", auto_off_s: 60, remote_host: null, remote_port: null, remote_path: "/run/db.sock" });
		const body = bodyOf(formOf(f));

		expect(body).toMatchObject({ name: f.name, local_port: 3307, remote_path: "/run/db.sock", tags: ["db"], auto_off_s: 60, idle_disconnect_s: 0 });
		expect(body.allow).toBe("10.0.0.0/8,::1");
	});

	it("knows which input a wrong field is about", () => {
		expect(inputOf("local_port")).toBe("localPort");
		expect(inputOf("remote")).toBe("remoteHost");
		expect(inputOf("tags[2]")).toBe("tags");
		expect(inputOf("nothing")).toBeNull();
		expect(errorsOf([
			{ field: "name", code: "x", message: "first" }, { field: "name", code: "x", message: "second" },
		])).toEqual({ name: "first" });
	});

	it("splits tags", () => expect(splitTags(" a,b ,,a")).toEqual(["a", "b"]));
});

describe("a pasted command", () => {
	it.each([
		["127.0.0.1:3307", "127.0.0.1", "3307"], ["[::1]:80", "::1", "80"],
		["/run/x.sock", "/run/x.sock", ""], ["8080", "", "8080"],
	])("splits %s", (text, host, port) => expect(splitAddress(text)).toEqual({ host, port }));
	it("splits nothing", () => expect(splitAddress(null)).toEqual({ host: "", port: "" }));

	const plan = {
		servers: [{ action: "add" as const, name: "vps", host: "vps.example", port: 2222, user: "me" }],
		forwards: [
			{ action: "add" as const, name: "db", type: "local" as const, server: "vps", local: "127.0.0.1:3307", remote: "127.0.0.1:3306" },
			{ action: "add" as const, name: "proxy", type: "dynamic" as const, server: "vps", local: "127.0.0.1:1080", remote: null },
		],
		skipped: [], applied: false,
	};

	it("fills the form with its first forward, and tells of the others and of a new server", () => {
		const found = formFromPlan(plan, []);

		expect(found.form).toMatchObject({ name: "db", localPort: "3307", remotePort: "3306" });
		expect(found.server).toMatchObject({ name: "vps", host: "vps.example", port: "2222", user: "me" });
		expect(found.more).toBe(1);
	});
	it("takes the server that is there", () => {
		const found = formFromPlan(plan, [aServer({ id: 9, name: "vps" })]);

		expect(found.server).toBeNull();
		expect(found.form?.serverId).toBe("9");
	});
	it("takes one that has another name for the same address", () => {
		const same = aServer({ id: 9, name: "My VPS", host: "vps.example", port: 2222, user: "me" });

		expect(formFromPlan(plan, [same])).toMatchObject({ server: null, form: { serverId: "9" } });
		expect(formFromPlan(plan, [{ ...same, user: "you" }]).server).not.toBeNull();
		expect(formFromPlan(plan, [{ ...same, proxy_jump: "bastion" }]).server).not.toBeNull();
	});
	it("keeps the way and the keys of a new server", () => {
		const options = ["ProxyJump=me@bastion:2200", "IdentityFile=~/.ssh/a", "IdentityFile=~/.ssh/b=c", "ServerAliveInterval=5"];
		const through = { ...plan, servers: [{ ...plan.servers[0]!, options }] };

		expect(formFromPlan(through, []).server).toMatchObject({
			proxyJump: "me@bastion:2200", proxyCommand: "", identityFiles: "~/.ssh/a\n~/.ssh/b=c", options: "ServerAliveInterval=5",
		});
		expect(formFromPlan(through, [aServer({ name: "x", host: "vps.example", port: 2222, user: "me" })]).server).not.toBeNull();
	});
	it("may hold no forward", () => expect(formFromPlan({ ...plan, forwards: [] }, []).form).toBeNull());
});

describe("a server's form", () => {
	it("becomes a request", () => {
		expect(serverBodyOf({ ...emptyServer(), name: "My VPS", host: "h", identityFiles: "~/a\n\n ~/b " })).toMatchObject({
			name: "My VPS", host: "h", port: 22, user: null, identity_files: ["~/a", "~/b"], jump_server_id: null,
		});
		expect(serverBodyOf(emptyServer())).not.toHaveProperty("password");
	});
	it("shows a server and gives the same back", () => {
		const s = aServer({ port: 2222, options: ["RekeyLimit=1G"], jump_server_id: 4 });

		expect(serverBodyOf(serverFormOf(s))).toMatchObject({ port: 2222, options: ["RekeyLimit=1G"], jump_server_id: 4, user: "me" });
	});
	it.each([
		["me@vps:2222", { user: "me", host: "vps", port: "2222" }], ["vps:22", { host: "vps", port: "22" }],
		["me@[::1]:22", { user: "me", host: "::1", port: "22" }], ["vps.example", {}], ["::1", {}], ["a b", {}],
	])("splits %s", (text, parts) => expect(splitTarget(text)).toEqual(parts));
	it("knows which input a wrong field is about", () => {
		expect(serverInputOf("identity_files[0]")).toBe("identityFiles");
		expect(serverInputOf("x")).toBeNull();
	});
});
