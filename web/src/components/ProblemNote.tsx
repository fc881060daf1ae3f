/* A request that failed, where it was made. */
import type { Problem } from "../api/client";

export function ProblemNote({ problem }: { problem: Problem | null }) {
	if (!problem) return null;
	return (
		<div class="trouble" role="alert">
			<p><strong>{problem.message}</strong> {problem.offer}</p>
		</div>
	);
}
