package org.apache.spark.launcher;

import java.util.List;
import java.util.Map;

/** Opens the launcher's package: what bin/spark-class would start. */
public final class Launch {
	private Launch() {
	}

	/** The java command that org.apache.spark.launcher.Main prints for these words (its main() but for the printing). */
	public static List<String> command(List<String> words, Map<String, String> env) throws Exception {
		String name = words.get(0);
		List<String> rest = words.subList(1, words.size());
		AbstractCommandBuilder builder = name.equals("org.apache.spark.deploy.SparkSubmit")
			? new SparkSubmitCommandBuilder(rest)
			: new SparkClassCommandBuilder(name, rest);
		builder.childEnv.putAll(env);
		return builder.buildCommand(new java.util.HashMap<>(env));
	}
}
