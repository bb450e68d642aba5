package org.apache.spark.deploy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.apache.spark.internal.config.ConfigReader;
import org.apache.spark.launcher.Launch;
import scala.Option;
import scala.Tuple2;
import scala.Tuple4;
import scala.collection.JavaConverters;

/**
 * Asks Spark what it would run: each line of the input is {"words": [...], "env": {...}}, the words that bin/spark-class
 * was given and its environment, and perhaps a "master" that takes the place of the one that they name; each line of the output says what the launcher, SparkSubmitArguments and
 * SparkSubmit.prepareSubmitEnvironment made of it, or {"error": "..."} where they refuse to start.
 */
public final class Judge {
	private static final String SUBMIT = "org.apache.spark.deploy.SparkSubmit";
	private static final ObjectMapper JSON = new ObjectMapper();

	private Judge() {
	}

	public static void main(String[] unused) throws Exception {
		// Spark prints warnings where it likes; the answers keep a stream of their own.
		PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
		System.setOut(System.err);
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line; (line = in.readLine()) != null; ) {
			out.println(JSON.writeValueAsString(answer(line)));
		}
		Runtime.getRuntime().halt(0);
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> answer(String line) throws Exception {
		Map<String, Object> question = JSON.readValue(line, Map.class);
		try {
			return judge((List<String>) question.get("words"), (Map<String, String>) question.get("env"), (String) question.get("master"));
		} catch (Throwable e) {
			// SparkException, IllegalArgumentException, SparkUserAppException (usage) ...: the server does not start.
			return Map.of("error", e.getClass().getSimpleName() + ": " + e.getMessage());
		}
	}

	private static Map<String, Object> judge(List<String> words, Map<String, String> env, String master) throws Exception {
		List<String> java = Launch.command(words, env);
		Map<String, Object> told = new LinkedHashMap<>();
		int main = java.indexOf(words.get(0).equals(SUBMIT) ? SUBMIT : words.get(0));
		told.put("main", java.get(main));
		told.put("jars", java.get(java.indexOf("-cp") + 1));
		List<String> args = java.subList(main + 1, java.size());
		if (java.get(main).equals(SUBMIT)) {
			submit(args, env, master, told);
		} else {
			told.put("args", args);
		}
		return told;
	}

	private static void submit(List<String> args, Map<String, String> env, String master, Map<String, Object> told) throws Exception {
		SparkSubmitArguments parsed = new SparkSubmitArguments(seq(args), map(env));
		told.put("action", parsed.action().toString());
		if (master != null) {
			parsed.maybeMaster_$eq(Option.apply(master));
		}
		told.put("deployMode", parsed.deployMode());
		// What the user asked for; SparkSubmit drops it under a master that has no use for it.
		told.put("numExecutors", parsed.numExecutors());
		told.put("totalExecutorCores", parsed.totalExecutorCores());
		told.put("executorCores", parsed.executorCores());
		Map<String, Object> fetched = new TreeMap<>();
		takeFetched(parsed, fetched);
		told.put("fetched", fetched);
		Tuple4<?, ?, SparkConf, String> prepared = prepare(parsed);
		told.put("mainClass", prepared._4());
		told.put("args", JavaConverters.seqAsJavaListConverter((scala.collection.Seq<?>) prepared._1()).asJava());
		SparkConf conf = prepared._3();
		Map<String, String> settings = new TreeMap<>();
		for (Tuple2<String, String> setting : conf.getAll()) {
			settings.put(setting._1(), setting._2());
		}
		told.put("conf", settings);
		told.put("substituted", substituted(settings, env));
	}

	/** What prepareSubmitEnvironment would fetch from the network or look for on this machine's disk is told apart. */
	private static void takeFetched(SparkSubmitArguments parsed, Map<String, Object> fetched) throws Exception {
		for (String name : List.of("packages", "repositories", "jars", "files", "archives", "pyFiles", "keytab", "principal")) {
			fetched.put(name, parsed.getClass().getMethod(name).invoke(parsed));
			parsed.getClass().getMethod(name + "_$eq", String.class).invoke(parsed, (Object) null);
		}
		fetched.put("primaryResource", parsed.primaryResource());
		if (parsed.primaryResource() != null) {
			parsed.primaryResource_$eq("spark-internal");
		}
	}

	@SuppressWarnings("unchecked")
	private static Tuple4<?, ?, SparkConf, String> prepare(SparkSubmitArguments parsed) {
		return (Tuple4<?, ?, SparkConf, String>) (Object) new SparkSubmit().prepareSubmitEnvironment(parsed, Option.empty());
	}

	/** The values as typed entries read them: ${spark.x}, ${env:X} and ${system:x} replaced by Spark's own ConfigReader. */
	private static Map<String, String> substituted(Map<String, String> settings, Map<String, String> env) {
		Map<String, String> values = new TreeMap<>();
		ConfigReader reader = new ConfigReader(settings);
		reader.bindEnv(new org.apache.spark.internal.config.MapProvider(env));
		for (String key : List.of("spark.driver.host", "spark.driver.bindAddress", "spark.kubernetes.driver.pod.name")) {
			if (settings.containsKey(key)) {
				values.put(key, reader.substitute(settings.get(key)));
			}
		}
		return values;
	}

	private static scala.collection.immutable.List<String> seq(List<String> list) {
		return JavaConverters.asScalaBufferConverter(new ArrayList<>(list)).asScala().toList();
	}

	@SuppressWarnings({"unchecked", "rawtypes"})
	private static scala.collection.immutable.Map<String, String> map(Map<String, String> from) {
		scala.collection.immutable.Map map = scala.collection.immutable.Map$.MODULE$.empty();
		for (Map.Entry<String, String> entry : from.entrySet()) {
			map = (scala.collection.immutable.Map) map.$plus(new Tuple2<>(entry.getKey(), entry.getValue()));
		}
		return map;
	}
}
