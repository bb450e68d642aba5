// What must hold of every pod, whatever it is: asked of thousands of random ones. Where a law fails, the pod is made
// as small as it can be while the law still fails, and shown.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
)

// A sample is a pod and what chance chose beside it, so that a smaller pod is asked the same.
type sample struct {
	pod     json.RawMessage
	version string
	seed    int64
}

type law struct {
	name      string
	questions func(sample) []question
	// check returns how many comparisons it made.
	check func(sample, []question, []answer) (int, error)
}

// shown is how many failures of one law are minimised and printed.
const shown = 3

func (r *run) hold(l law, samples []sample) error {
	var all []question
	var counts []int
	for _, s := range samples {
		questions := l.questions(s)
		all = append(all, questions...)
		counts = append(counts, len(questions))
	}
	answers := make([]answer, 0, len(all))
	if err := r.ask(all, func(_ question, a answer) { answers = append(answers, a) }); err != nil {
		return err
	}
	failed, at := 0, 0
	for i, s := range samples {
		compared, err := l.check(s, all[at:at+counts[i]], answers[at:at+counts[i]])
		at += counts[i]
		r.passed += compared
		if err == nil {
			continue
		}
		r.failed++
		if failed++; failed <= shown {
			if err := r.explain(l, s, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// fault asks one law of one sample; nil where it holds.
func (r *run) fault(l law, s sample) error {
	questions := l.questions(s)
	var answers []answer
	if err := r.ask(questions, func(_ question, a answer) { answers = append(answers, a) }); err != nil {
		return errors.Join(errDriver, err)
	}
	_, err := l.check(s, questions, answers)
	return err
}

var errDriver = errors.New("the driver ended")

func (r *run) explain(l law, s sample, first error) error {
	small, fault, err := minimise(s, first, func(s sample) error { return r.fault(l, s) })
	if err != nil {
		return err
	}
	fmt.Printf("FAILED %s (seed %d): %v\n  smallest pod: %s\n", l.name, r.seed, fault, small.pod)
	return nil
}

// minimise takes away members and elements, one after the other, as long as something is still at fault.
func minimise(s sample, fault error, ask func(sample) error) (sample, error, error) {
	for {
		var tree any
		if err := json.Unmarshal(s.pod, &tree); err != nil {
			return s, fault, err
		}
		smaller := false
		for _, candidate := range reductions(tree) {
			text, err := json.Marshal(candidate)
			if err != nil {
				return s, fault, err
			}
			next := s
			next.pod = text
			found := ask(next)
			if errors.Is(found, errDriver) {
				return s, fault, found
			}
			if found != nil {
				s, fault, smaller = next, found, true
				break
			}
		}
		if !smaller {
			return s, fault, nil
		}
	}
}

// reductions of v: v without one of its members or elements, the large ones first, at any depth.
func reductions(v any) []any {
	var list []any
	switch v := v.(type) {
	case object:
		for key := range v {
			without := object{}
			for k, member := range v {
				if k != key {
					without[k] = member
				}
			}
			list = append(list, without)
		}
		for key, member := range v {
			for _, smaller := range reductions(member) {
				with := object{}
				for k, other := range v {
					with[k] = other
				}
				with[key] = smaller
				list = append(list, with)
			}
		}
	case []any:
		for i := range v {
			list = append(list, append(append([]any{}, v[:i]...), v[i+1:]...))
		}
		for i, element := range v {
			for _, smaller := range reductions(element) {
				with := append([]any{}, v...)
				with[i] = smaller
				list = append(list, with)
			}
		}
	}
	return list
}
