package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// compareSamples: recorded texts of single checks, and recorded verdicts on real manifests.
func (r *run) compareSamples(root string) error {
	if root == "" {
		r.skip("SPARKGATE_SAMPLES is not set: no recorded texts, no real manifests")
		return nil
	}
	if err := r.compareTexts(filepath.Join(root, "reference", "pss")); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(root, "manifests", "pss-verdicts.*.jsonl"))
	for _, path := range found {
		if err == nil {
			err = r.compareVerdicts(path)
		}
	}
	return err
}

// compareTexts: pss-messages.csv has one check's text a row, pss-message-pods.jsonl the pods.
func (r *run) compareTexts(folder string) error {
	pods := map[string]json.RawMessage{}
	all, err := lines(filepath.Join(folder, "pss-message-pods.jsonl"))
	if err != nil {
		return err
	}
	for _, line := range all {
		var entry struct {
			ID  string          `json:"id"`
			Pod json.RawMessage `json:"pod"`
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			return err
		}
		pods[entry.ID] = entry.Pod
	}
	text, err := os.ReadFile(filepath.Join(folder, "pss-messages.csv"))
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return err
	}
	var questions []question
	for _, row := range rows[1:] {
		questions = append(questions, question{Level: row[1], Version: row[2], Pod: pods[row[3]]})
	}
	i := 0
	return r.ask(questions, func(q question, a answer) {
		i++
		row := rows[i]
		want := row[6]
		if row[7] != "" {
			want += " (" + row[7] + ")"
		}
		r.compare(q, a)
		if row[5] != "true" {
			r.expect(strings.Contains(a.Detail, want), "%s\n  want %q\n  got  %q", row[3], want, a.Detail)
		}
	})
}

type recorded struct {
	Source  string `json:"source"`
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Level   string `json:"level"`
	Version string `json:"version"`
	Allowed bool   `json:"allowed"`
	Reason  string `json:"forbiddenReason"`
	Detail  string `json:"forbiddenDetail"`
}

func (r *run) compareVerdicts(path string) error {
	all, err := lines(path)
	if err != nil {
		return err
	}
	manifests := map[string]map[string]json.RawMessage{}
	var want []recorded
	var questions []question
	for _, line := range all {
		var row recorded
		if err := json.Unmarshal(line, &row); err != nil {
			return err
		}
		if manifests[row.Source] == nil {
			if manifests[row.Source], err = readManifest(filepath.Join(filepath.Dir(path), row.Source)); err != nil {
				return err
			}
		}
		pod := manifests[row.Source][row.Kind+"/"+row.Name]
		if pod == nil {
			return fmt.Errorf("%s has no %s %s", row.Source, row.Kind, row.Name)
		}
		want = append(want, row)
		questions = append(questions, question{Level: row.Level, Version: row.Version, Pod: pod})
	}
	i := 0
	return r.ask(questions, func(q question, a answer) {
		row := want[i]
		i++
		r.expect((a.Count == 0) == row.Allowed && a.Reason == row.Reason && a.Detail == row.Detail,
			"%s %s %s %s %s\n  want %q\n  got  %q", row.Source, row.Kind, row.Name, row.Level, row.Version, row.Detail, a.Detail)
		r.compare(q, a)
	})
}

// readManifest gives the pods and pod templates of a multi-document file by "Kind/name".
func readManifest(path string) (map[string]json.RawMessage, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pods := map[string]json.RawMessage{}
	for _, document := range bytes.Split(append([]byte("\n"), text...), []byte("\n---")) {
		var o object
		if err := yaml.Unmarshal(document, &o); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		metadata, _ := o["metadata"].(object)
		spec, _ := o["spec"].(object)
		if spec == nil {
			continue
		}
		pod := o
		if template, ok := spec["template"].(object); ok {
			pod = object{"metadata": template["metadata"], "spec": template["spec"]}
		}
		if pods[fmt.Sprintf("%v/%v", o["kind"], metadata["name"])], err = json.Marshal(pod); err != nil {
			return nil, err
		}
	}
	return pods, nil
}
