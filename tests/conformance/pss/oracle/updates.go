package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
)

// updates: we look again at an update exactly where upstream does. isSignificantPodUpdate is upstream's own function: it
// is not exported, so ../run takes it out of the module's source.
func updates() law {
	return law{"updates", func(s sample) (list []question) {
		random := rand.New(rand.NewSource(s.seed))
		for range 8 {
			list = append(list, question{Pod: s.pod, Old: edited(random, s.pod)})
		}
		return list
	}, func(_ sample, questions []question, answers []answer) (int, error) {
		for i, q := range questions {
			now, err := decodePod(q.Pod)
			old, oldErr := decodePod(q.Old)
			if err != nil || oldErr != nil {
				continue
			}
			if want := isSignificantPodUpdate(now, old); want != answers[i].Matters {
				return i, fmt.Errorf("upstream says %v, we say %v\n  old pod: %s", want, answers[i].Matters, q.Old)
			}
		}
		return len(questions), nil
	}}
}

// edited is the pod with a few containers changed, gone, new or elsewhere.
func edited(random *rand.Rand, pod []byte) json.RawMessage {
	var tree object
	if err := json.Unmarshal(pod, &tree); err != nil {
		panic(err)
	}
	spec, ok := tree["spec"].(object)
	for range random.Intn(3) {
		if !ok {
			break
		}
		key := pickOf(random, "containers", "initContainers", "ephemeralContainers", "ephemeralContainers")
		if list, isList := spec[key].([]any); isList || spec[key] == nil {
			spec[key] = editedList(random, list)
		}
	}
	text, err := json.Marshal(tree)
	if err != nil {
		panic(err)
	}
	return text
}

func editedList(random *rand.Rand, list []any) []any {
	list = append([]any{}, list...)
	if len(list) == 0 || random.Intn(5) == 0 {
		return append(list, object{"name": pickOf(random, "a", "b", "new"), "image": "example.org/image:1"})
	}
	at := random.Intn(len(list))
	c, ok := list[at].(object)
	switch random.Intn(5) {
	case 0:
		return append(list[:at], list[at+1:]...)
	case 1:
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	case 2:
		if ok {
			c["image"] = pickOf[any](random, "other", nil, "example.org/image:1")
		}
	case 3:
		if ok {
			c["name"] = pickOf(random, "a", "b", "other")
		}
	default:
		if ok {
			c["securityContext"] = object{"privileged": true}
		}
	}
	return list
}
