package main

import (
	"fmt"
	"strings"
)

var levels = []string{"baseline", "restricted"}

// versions are all that upstream knows, one that it does not know yet, and latest.
func versions() []string {
	list := []string{}
	for minor := range newestMinor + 2 {
		list = append(list, fmt.Sprintf("v1.%d", minor))
	}
	return append(list, "latest")
}

// agrees: at every level and version our verdict, reason and detail are upstream's, byte for byte. A pod that the API
// server could not decode is called malformed.
func (r *run) agrees() law {
	return law{"agrees with upstream", func(s sample) []question {
		return []question{{Pod: s.pod, Levels: levels, Versions: versions()}}
	}, func(_ sample, q []question, a []answer) (int, error) {
		return r.compareSweep(q[0], a[0])
	}}
}

func (r *run) compareSweep(q question, a answer) (compared int, err error) {
	pod, undecodable := decodePod(q.Pod)
	for _, level := range q.Levels {
		for _, version := range q.Versions {
			got := *a.Sweep[compared]
			if undecodable != nil {
				if !strings.HasPrefix(got.Reason, "malformed pod") {
					return compared, fmt.Errorf("%s %s: undecodable (%v), got %q", level, version, undecodable, got.Detail)
				}
			} else if want, err := r.judge(level, version, pod); err != nil || got != want {
				return compared, fmt.Errorf("%s %s: %v\n  want %q\n  got  %q", level, version, err, want.Detail, got.Detail)
			}
			compared++
		}
	}
	return compared, nil
}

// tableAgrees: `sparkgate policy show pss` is upstream's table of checks, plus our own "malformed".
func (r *run) tableAgrees(sparkgate string) error {
	got, err := shownTable(sparkgate)
	if err != nil {
		return err
	}
	want := append([]row{{"malformed", "baseline", "v1.0", ""}}, upstreamTable()...)
	r.expect(len(got) == len(want), "policy show pss: %d rows, upstream has %d", len(got), len(want))
	for i := range min(len(got), len(want)) {
		r.expect(got[i] == want[i], "policy show pss, row %d: %v, upstream %v", i, got[i], want[i])
	}
	return nil
}
