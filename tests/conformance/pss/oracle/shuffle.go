package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"sort"
)

// blind: the order of JSON keys and fields that Kubernetes does not know (names in the wrong case are such) change
// nothing. (What is malformed is told in the order of the text, so there only the reason counts.)
func blind() law {
	return law{"key order and unknown fields", func(s sample) []question {
		return []question{
			{Pod: s.pod, Levels: levels, Versions: versions()}, {Pod: shuffled(s, false), Levels: levels, Versions: versions()},
			{Pod: shuffled(s, true), Levels: levels, Versions: versions()},
			{Pod: s.pod, Level: "restricted", Version: s.version, Harden: "force", SparkContainer: "spark", RunAsUser: 185},
			{Pod: shuffled(s, true), Level: "restricted", Version: s.version, Harden: "force", SparkContainer: "spark", RunAsUser: 185},
		}
	}, func(_ sample, q []question, a []answer) (int, error) {
		_, undecodable := decodePod(q[0].Pod)
		for k := 1; k <= 2; k++ {
			for i := range a[0].Sweep {
				same := *a[0].Sweep[i] == *a[k].Sweep[i] || (undecodable != nil && a[0].Sweep[i].Reason == a[k].Sweep[i].Reason)
				if !same {
					return i, fmt.Errorf("\n  as %s\n  want %q\n  got  %q", q[k].Pod, a[0].Sweep[i].Detail, a[k].Sweep[i].Detail)
				}
			}
		}
		if !bytes.Equal(a[3].Patch, a[4].Patch) {
			return 0, fmt.Errorf("\n  as %s\n  want %s\n  got  %s", q[4].Pod, a[3].Patch, a[4].Patch)
		}
		return 2*len(a[0].Sweep) + 1, nil
	}}
}

// shuffled is the same pod, written otherwise.
func shuffled(s sample, unknown bool) json.RawMessage {
	var tree any
	if err := json.Unmarshal(s.pod, &tree); err != nil {
		panic(err)
	}
	w := writer{Rand: rand.New(rand.NewSource(s.seed)), unknown: unknown}
	w.write(tree, "")
	return w.Bytes()
}

type writer struct {
	bytes.Buffer
	*rand.Rand
	unknown bool
}

func (w *writer) write(v any, key string) {
	switch v := v.(type) {
	case object:
		w.writeObject(v, key)
	case []any:
		w.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				w.WriteByte(',')
			}
			w.write(element, "")
		}
		w.WriteByte(']')
	default:
		w.writePlain(v)
	}
}

func (w *writer) writePlain(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	w.Write(text)
}

func (w *writer) writeObject(o object, key string) {
	members := object{}
	for k, v := range o {
		members[k] = v
	}
	if w.unknown && key != "annotations" && key != "labels" { // these are maps: there every key is known
		members[pickOf(w.Rand, "Privileged", "HostPID", "runasnonroot", "x-unknown", "hostpath", "SecurityContext", "allowprivilegeescalation")] =
			pickOf[any](w.Rand, true, false, nil, "x", 7, []any{true}, object{"privileged": true, "type": "Unconfined"})
	}
	keys := []string{}
	for k := range members {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	w.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	w.WriteByte('{')
	for i, k := range keys {
		if i > 0 {
			w.WriteByte(',')
		}
		w.writePlain(k)
		w.WriteByte(':')
		w.write(members[k], k)
	}
	w.WriteByte('}')
}

func pickOf[T any](r *rand.Rand, of ...T) T { return of[r.Intn(len(of))] }
