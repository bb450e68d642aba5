// What upstream says: its evaluator, and its decoder in front of it.
package main

import (
	"fmt"
	"runtime/debug"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	kjson "sigs.k8s.io/json"
)

type oracle struct {
	evaluator policy.Evaluator
}

func newOracle() (*oracle, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	return &oracle{evaluator}, err
}

// decodePod reads JSON as the API server does: case-sensitive, typed.
func decodePod(text []byte) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, pod); err != nil {
		return nil, err
	}
	return pod, nil
}

type verdict struct {
	Count  int    `json:"count"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// newestMinor is the newest version of the standards that upstream knows: that of its module, v0.N.
var newestMinor = func() int {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		minor := 0
		if _, err := fmt.Sscanf(module.Version, "v0.%d.", &minor); err == nil && module.Path == "k8s.io/pod-security-admission" {
			return minor
		}
	}
	panic("built without k8s.io/pod-security-admission")
}()

func (o *oracle) judge(level, version string, pod *corev1.Pod) (verdict, error) {
	v, err := api.ParseVersion(version)
	if err != nil {
		return verdict{}, err
	}
	lv := api.LevelVersion{Level: api.Level(level), Version: v}
	all := policy.AggregateCheckResults(o.evaluator.EvaluatePod(lv, &pod.ObjectMeta, &pod.Spec))
	return verdict{len(all.ForbiddenReasons), all.ForbiddenReason(), all.ForbiddenDetail()}, nil
}
