# What Open Policy Agent is asked: four of the checks of the restricted Pod Security Standard, answered as an AdmissionReview. With
# `--set default_decision=main` a POST to / is the question, as its documentation of admission control has it.
package system

main := {
	"apiVersion": "admission.k8s.io/v1",
	"kind": "AdmissionReview",
	"response": {"uid": input.request.uid, "allowed": count(deny) == 0, "status": {"message": concat("; ", deny)}},
}

containers contains container if some container in input.request.object.spec.containers

containers contains container if some container in input.request.object.spec.initContainers

deny contains sprintf("%s: allowPrivilegeEscalation must be false", [container.name]) if {
	some container in containers
	not container.securityContext.allowPrivilegeEscalation == false
}

deny contains sprintf("%s: capabilities must drop ALL", [container.name]) if {
	some container in containers
	not "ALL" in container.securityContext.capabilities.drop
}

deny contains sprintf("%s: runAsNonRoot must be true", [container.name]) if {
	some container in containers
	not non_root(container)
}

deny contains sprintf("%s: seccompProfile must be RuntimeDefault or Localhost", [container.name]) if {
	some container in containers
	not profiled(container)
}

non_root(container) if container.securityContext.runAsNonRoot

non_root(container) if {
	not has(container, "runAsNonRoot")
	input.request.object.spec.securityContext.runAsNonRoot
}

profiled(container) if container.securityContext.seccompProfile.type in {"RuntimeDefault", "Localhost"}

profiled(container) if {
	not has(container, "seccompProfile")
	input.request.object.spec.securityContext.seccompProfile.type in {"RuntimeDefault", "Localhost"}
}

has(container, key) if _ = container.securityContext[key]
