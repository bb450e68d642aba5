"""Spark's own launcher and SparkSubmit, of one version, in one process that answers many questions."""
import json
import subprocess
import threading

OPENS = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in
         ("java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util", "java.util.concurrent",
          "sun.nio.ch", "sun.security.action")]
NOISE = {"spark.app.submitTime"}  # the time of day


class Spark:
    """words and env as bin/spark-class had them -> what would run."""

    def __init__(self, version, scala, classes, jars, home, scratch):
        self.version, self.scala, self.home = version, scala, home
        self.lock = threading.Lock()
        self.known = {}
        # Nothing of ours but PATH: Spark reads the environment of its own process too.
        env = {"PATH": "/usr/bin:/bin"}
        command = ["java", "-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Djava.io.tmpdir={scratch}", f"-Duser.home={scratch}", *OPENS,
                   "-cp", f"{classes}:{jars}/*", "org.apache.spark.deploy.Judge"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env=env, cwd=scratch)

    def judge(self, call, master=None):
        """A call that kubelet.py noted. Files are read where the call left its copies. With a master: as if the call
        had named that one, so that options count which SparkSubmit drops under others."""
        words = list(call["words"])
        for i, word in enumerate(words):
            copy = f"{call['folder']}/file.{i}"
            if i and words[i - 1] == "--properties-file":
                words[i] = copy
            elif word.startswith("--properties-file="):
                words[i] = "--properties-file=" + copy
        env = {**call["env"], "SPARK_HOME": self.home, "SPARK_CONF_DIR": call["folder"] + "/conf", "SPARK_SCALA_VERSION": self.scala}
        with self.lock:
            self.process.stdin.write(json.dumps({"words": words, "env": env, "master": master}) + "\n")
            self.process.stdin.flush()
            told = json.loads(self.process.stdout.readline())
        for key in NOISE:
            told.get("conf", {}).pop(key, None)
        for key in {"jars", "error"} & told.keys():  # less where this run's files are
            told[key] = told[key].replace(call["folder"], "").replace(self.home, "")
        return told

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)
