package main

import (
	"context"
	"time"

	helmv2 "github.com/fluxcd/helm-controller/api/v2"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/jsondiff"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Minute)
}

func manager(r *request, c *cluster) *ssa.ResourceManager {
	return ssa.NewResourceManager(c.client, nil, ssa.Owner{Field: r.Manager, Group: "kustomize.toolkit.fluxcd.io"})
}

func fluxApply(r *request, c *cluster) (*answer, error) {
	ctx, cancel := soon()
	defer cancel()
	set, err := manager(r, c).ApplyAll(ctx, []*unstructured.Unstructured{{Object: r.Config}}, ssa.DefaultApplyOptions())
	if err != nil {
		return nil, err
	}
	action := set.Entries[0].Action
	return &answer{Drift: action != ssa.UnchangedAction, Action: string(action)}, nil
}

func fluxDiff(r *request, c *cluster) (*answer, error) {
	ctx, cancel := soon()
	defer cancel()
	entry, _, _, err := manager(r, c).Diff(ctx, &unstructured.Unstructured{Object: r.Config}, ssa.DefaultDiffOptions())
	if err != nil {
		return nil, err
	}
	return &answer{Drift: entry.Action != ssa.UnchangedAction, Action: string(entry.Action)}, nil
}

// rules are spec.driftDetection.ignore as helm-controller hands them on (internal/action/diff.go).
func rules(release *helmv2.HelmRelease) jsondiff.IgnoreRules {
	var all jsondiff.IgnoreRules
	for _, rule := range release.GetDriftDetection().Ignore {
		one := jsondiff.IgnoreRule{Paths: rule.Paths}
		if t := rule.Target; t != nil {
			one.Selector = &jsondiff.Selector{Group: t.Group, Version: t.Version, Kind: t.Kind, Name: t.Name, Namespace: t.Namespace,
				AnnotationSelector: t.AnnotationSelector, LabelSelector: t.LabelSelector}
		}
		all = append(all, one)
	}
	return all
}

// helmDrift: does helm-controller's drift detection, where it is on, find anything?
func helmDrift(r *request, c *cluster) (*answer, error) {
	release := &helmv2.HelmRelease{}
	if len(r.App) > 0 {
		if err := strictly(r.App, release); err != nil {
			return nil, err
		}
	}
	ctx, cancel := soon()
	defer cancel()
	set, err := jsondiff.UnstructuredList(ctx, c.client, []*unstructured.Unstructured{{Object: r.Config}},
		jsondiff.FieldOwner("helm-controller"), jsondiff.MaskSecrets(true), jsondiff.Rationalize(true), rules(release))
	if err != nil {
		return nil, err
	}
	return &answer{Drift: set.HasChanges()}, nil
}
