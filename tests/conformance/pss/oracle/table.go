package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"sort"

	"k8s.io/pod-security-admission/policy"
)

// A row of the table of checks: one form of one check.
type row struct {
	ID        string `json:"id"`
	Level     string `json:"level"`
	Since     string `json:"since"`
	Overrides string `json:"overrides"`
}

func shownTable(sparkgate string) ([]row, error) {
	text, err := exec.Command(sparkgate, "policy", "show", "pss", "-o", "json").Output()
	if err != nil {
		return nil, fmt.Errorf("%s policy show pss: %w", sparkgate, err)
	}
	var table struct {
		Newest string `json:"newest"`
		Checks []row  `json:"checks"`
	}
	if err := json.Unmarshal(text, &table); err != nil {
		return nil, err
	}
	if want := fmt.Sprintf("v1.%d", newestMinor); table.Newest != want {
		return nil, fmt.Errorf("the newest version is %s, upstream's %s", table.Newest, want)
	}
	return table.Checks, nil
}

// upstreamTable is in the order in which upstream evaluates: baseline by id, then restricted by id.
func upstreamTable() []row {
	var rows []row
	for _, check := range policy.DefaultChecks() {
		for _, form := range check.Versions {
			r := row{ID: string(check.ID), Level: string(check.Level), Since: form.MinimumVersion.String()}
			for _, id := range form.OverrideCheckIDs {
				r.Overrides = string(id)
			}
			rows = append(rows, r)
		}
	}
	sort.SliceStable(rows, func(i, j int) bool {
		if rows[i].Level != rows[j].Level {
			return rows[i].Level == "baseline"
		}
		return rows[i].ID < rows[j].ID
	})
	return rows
}
