/* Small services for forwards to reach, and clients for what they carry. */
import { connect, createServer } from "node:net";
import { listen } from "./children.mjs";

/* Gives back what it gets. */
export async function echoServer() {
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.pipe(socket);
	});
	const port = await listen(server);

	return { port, stop: () => new Promise((resolve) => server.close(resolve)) };
}

/* An open connection; `say` resolves with as many bytes as it sent. */
export function dial(port, host = "127.0.0.1") {
	return new Promise((resolve, reject) => {
		const socket = connect(port, host);
		socket.once("error", reject);
		socket.once("connect", () => {
			socket.off("error", reject);
			socket.on("error", () => {});
			resolve({
				socket,
				say: (data) => exchange(socket, data, data.length),
				close: () => socket.destroy(),
			});
		});
	});
}

/* Connects, to something that may hang up at once. */
export async function knock(port) {
	(await dial(port).catch(() => null))?.close();
}

export function exchange(socket, data, wanted) {
	return new Promise((resolve, reject) => {
		let got = Buffer.alloc(0);
		const gone = () => reject(new Error(`closed after ${got.length} of ${wanted} bytes`));
		const take = (piece) => {
			got = Buffer.concat([got, piece]);
			if (got.length < wanted) return;
			socket.off("data", take);
			socket.off("close", gone);
			resolve(got);
		};
		socket.on("data", take);
		socket.once("close", gone);
		socket.write(data);
	});
}

/* Through a SOCKS5 proxy (RFC 1928), to an IPv4 loopback port. */
export async function dialSocks(proxyPort, port) {
	const c = await dial(proxyPort);

	await exchange(c.socket, Buffer.from([5, 1, 0]), 2);
	const reply = await exchange(c.socket, Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255]), 10);
	if (reply[1] !== 0) throw new Error(`SOCKS says ${reply[1]}`);
	return c;
}
