package org.apache.spark.deploy.k8s.submit;

/** SparkSubmit refuses a k8s:// master where it cannot load a class of this name; client mode never calls it. */
public final class KubernetesClientApplication {
	private KubernetesClientApplication() {
	}
}
