/* Clusters as files, and `sparkgate audit` over them. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, openSync, closeSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { ROOT, SPARKGATE, WORK } = process.env;
export { ROOT, WORK };

export function namespace(name, mode = "enforce", backend = "standalone", more = {}) {
	const annotations = { "sparkgate.io/backendMode": backend, ...more };
	if (backend === "standalone") annotations["sparkgate.io/standaloneMaster"] = "spark://spark-master:7077";
	return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: mode ? { "sparkgate.io/mode": mode } : {}, annotations } };
}

export function spec(more = {}, master = "k8s://https://kubernetes.default.svc", container = {}) {
	const command = ["/opt/spark/sbin/start-connect-server.sh", "--master", master, "--conf", "spark.executor.instances=2"];
	const spark = {
		name: "spark",
		image: "docker.io/apache/spark:4.1.0",
		command,
		env: [{ name: "SPARK_NO_DAEMONIZE", value: "1" }],
		...container,
	};
	return { containers: [spark], ...more };
}

export function deployment(name, ns, podSpec = spec()) {
	return {
		apiVersion: "apps/v1",
		kind: "Deployment",
		metadata: { name, namespace: ns },
		spec: { template: { metadata: { labels: { app: name } }, spec: podSpec } },
	};
}

export function pod(name, ns, podSpec = spec()) {
	return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: ns }, spec: podSpec };
}

export function configMap(name, ns, text = "spark.master=k8s://https://kubernetes.default.svc\nspark.connect.grpc.binding.port=15002\n") {
	return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: ns }, data: { "spark-defaults.conf": text } };
}

/* Of everything something: refused, rewritten, warned of, fine, two namespaces of other modes. */
export function mixed() {
	return [
		namespace("team-a"),
		namespace("team-b", "warn"),
		namespace("team-c", "audit", "k8s"),
		deployment("connect", "team-a"),
		deployment("connect-host", "team-a", spec({ hostPID: true, hostNetwork: true })),
		pod("alone", "team-a"),
		configMap("connect-conf", "team-a"),
		deployment("connect", "team-b"),
		deployment("root", "team-b", spec({ hostIPC: true })),
		pod("server", "team-c", spec({}, "spark://elsewhere:7077")),
		deployment("plain", "team-c"),
	];
}

export const NO_DIRECTION = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

let made = 0;

/* Writes objects to a file and audits them: the page's path, and the lines of -o json. */
export function audit(objects, { args = [], json = true, extension = "json" } = {}) {
	const folder = mkdtempSync(join(WORK, "audit-")),
		input = join(folder, `input.${extension}`),
		page = join(folder, `page-${++made}.html`);
	writeFileSync(input, Array.isArray(objects) ? objects.map((o) => JSON.stringify(o)).join("\n---\n") + "\n" : objects);
	const run = (format, path) => {
		const out = openSync(path, "w");
		const done = spawnSync(SPARKGATE, ["audit", "-f", input, "-o", format, "--fail-on", "never", ...args], {
			stdio: ["ignore", out, "pipe"],
			encoding: "utf8",
		});
		closeSync(out);
		if (done.status !== 0) throw new Error(`sparkgate audit -o ${format}: exit ${done.status}: ${done.stderr}`);
	};
	run("html", page);
	const found = { page, url: "file://" + page, html: () => readFileSync(page, "utf8"), lines: [], folder, input };
	if (json) {
		run("json", join(folder, "lines"));
		found.lines = readFileSync(join(folder, "lines"), "utf8")
			.trim()
			.split("\n")
			.filter(Boolean)
			.map((line) => JSON.parse(line));
	}
	return found;
}

export function table(found) {
	return execFileSync(SPARKGATE, ["audit", "-f", found.input, "--fail-on", "never"], { encoding: "utf8" });
}
