package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// compare asks upstream about the pod of q and holds a against it. A pod that the API server could not decode
// must be called malformed by us.
func (r *run) compare(q question, a answer) {
	pod, err := decodePod(q.Pod)
	if err != nil {
		r.expect(strings.HasPrefix(a.Reason, "malformed pod"), "%s %s: undecodable (%v), got %q\n  %s", q.Level, q.Version, err,
			a.Detail, q.Pod)
		return
	}
	want, err := r.judge(q.Level, q.Version, pod)
	r.expect(err == nil && a.verdict == want, "%s %s %s\n  want %q\n  got  %q", q.Level, q.Version, q.Pod, want.Detail, a.Detail)
}

// compareFixtures: testdata/LEVEL/vN/{pass,fail}/*.yaml, the pods that upstream tests API servers with.
func (r *run) compareFixtures(root string) error {
	var questions []question
	var passes []bool
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pod, err := yaml.YAMLToJSON(text)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if pod, err = withDefaultVolumes(pod); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		parts := strings.Split(filepath.ToSlash(path), "/")
		at := len(parts) - 4
		questions = append(questions, question{Level: parts[at], Version: parts[at+1], Pod: pod})
		passes = append(passes, parts[at+2] == "pass")
		return nil
	})
	if err != nil {
		return err
	}
	if len(questions) == 0 {
		return fmt.Errorf("no fixtures in %q", root)
	}
	i := 0
	err = r.ask(questions, func(q question, a answer) {
		r.expect((a.Count == 0) == passes[i], "%s %s %s: passes is %v", q.Level, q.Version, q.Pod, !passes[i])
		r.compare(q, a)
		i++
	})
	if err != nil {
		return err
	}
	return r.sweepFixtures(questions)
}

// sweepFixtures: each pod at every level and version too; most of them stand in many folders.
func (r *run) sweepFixtures(fixtures []question) error {
	seen := map[string]bool{}
	var pods []sample
	for _, f := range fixtures {
		if !seen[string(f.Pod)] {
			seen[string(f.Pod)] = true
			pods = append(pods, sample{pod: f.Pod})
		}
	}
	return r.hold(r.agrees(), pods)
}

// withDefaultVolumes does what the API server's defaulting does before admission: a volume without a source is
// an emptyDir.
func withDefaultVolumes(text []byte) ([]byte, error) {
	var pod struct {
		Metadata any    `json:"metadata"`
		Spec     object `json:"spec"`
	}
	if err := json.Unmarshal(text, &pod); err != nil {
		return nil, err
	}
	volumes, _ := pod.Spec["volumes"].([]any)
	for _, v := range volumes {
		if volume, ok := v.(object); ok && len(volume) == 1 {
			volume["emptyDir"] = object{}
		}
	}
	return json.Marshal(pod)
}

func lines(path string) ([][]byte, error) {
	text, err := os.ReadFile(path)
	return bytes.Split(bytes.TrimSpace(text), []byte("\n")), err
}
