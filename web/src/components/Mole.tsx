/* Our mole, looking out of its hill. */
export function Mole({ size = 28 }: { size?: number }) {
	return (
		<svg class="mole" width={size} height={size} viewBox="0 0 64 64" aria-hidden="true">
			<path class="mole-body" d="M14 54V33a18 18 0 0 1 36 0v21z" />
			<circle class="mole-eye" cx="25" cy="30" r="2.4" />
			<circle class="mole-eye" cx="39" cy="30" r="2.4" />
			<ellipse class="mole-snout" cx="32" cy="39" rx="8" ry="6" />
			<circle class="mole-nose" cx="32" cy="36.5" r="3.2" />
			<path class="mole-hill" d="M2 60c3-9 9-12 14-11 3-5 9-4 11 0 4-4 8-3 10 0 3-4 9-4 11 0 6-1 11 3 14 11z" />
		</svg>
	);
}
