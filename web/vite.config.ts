import { defineConfig } from "vitest/config";
import { catalog } from "./catalog.plugin";

export default defineConfig({
	plugins: [catalog()],
	esbuild: { jsx: "automatic", jsxImportSource: "preact" },
	build: {
		target: "es2022",
		assetsInlineLimit: 0,
		cssCodeSplit: false,
		modulePreload: { polyfill: false },
		reportCompressedSize: true,
	},
	server: { proxy: { "/api": "http://127.0.0.1:7622" } },
	test: { include: ["test/**/*.test.ts"], environment: "node" },
});
