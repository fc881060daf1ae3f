declare module "virtual:catalog" {
	const tables: { en: Record<string, string>; fr: Record<string, string> };
	export default tables;
}

declare module "*.css";
