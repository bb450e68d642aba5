// The program under test: driver.c behind a pipe, one JSON object a line each way.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

type question struct {
	Level          string          `json:"level,omitempty"`
	Version        string          `json:"version,omitempty"`
	Levels         []string        `json:"levels,omitempty"` // asks for a sweep over all of these
	Versions       []string        `json:"versions,omitempty"`
	Pod            json.RawMessage `json:"pod"`
	Old            json.RawMessage `json:"old,omitempty"` // does an update from it matter?
	Harden         string          `json:"harden,omitempty"`
	OpenShift      bool            `json:"openshift,omitempty"`
	SparkContainer string          `json:"sparkContainer,omitempty"`
	RunAsUser      int             `json:"runAsUser,omitempty"`
}

type answer struct {
	verdict
	Sweep    []*verdict      `json:"sweep"` // level by level; sent as null where it is as the one before
	Matters  bool            `json:"matters"`
	Hardened bool            `json:"hardened"`
	Patch    json.RawMessage `json:"patch"`
	Pod      json.RawMessage `json:"pod"`
	Again    int             `json:"again"`
}

type subject struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func startSubject(path string) (*subject, error) {
	command := exec.Command(path)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &subject{command, in, bufio.NewReaderSize(out, 1<<20)}, command.Start()
}

// ask sends the questions from beside, so that neither pipe can fill up and wait for the other.
func (s *subject) ask(questions []question, each func(question, answer)) error {
	failed := make(chan error, 1)
	go func() {
		encoder := json.NewEncoder(s.in)
		encoder.SetEscapeHTML(false)
		for i := range questions {
			if err := encoder.Encode(&questions[i]); err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	for i := range questions {
		line, err := s.out.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("the driver ended at question %d (%s): %w", i, questions[i].Pod, err)
		}
		a := answer{}
		if err := json.Unmarshal(line, &a); err != nil {
			return fmt.Errorf("the driver's answer %q: %w", line, err)
		}
		for k, v := range a.Sweep {
			if v == nil && k > 0 {
				a.Sweep[k] = a.Sweep[k-1]
			}
		}
		if want := len(questions[i].Levels) * len(questions[i].Versions); len(a.Sweep) != want {
			return fmt.Errorf("the driver gave %d verdicts, not %d", len(a.Sweep), want)
		}
		each(questions[i], a)
	}
	return <-failed
}

func (s *subject) stop() error {
	s.in.Close()
	return s.command.Wait()
}
