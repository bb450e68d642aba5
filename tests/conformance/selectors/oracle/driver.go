package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// driver is sparkgate's role functions behind a pipe.
type driver struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

type role struct {
	Role, Reason string
}

func startDriver(path string) (*driver, error) {
	d := &driver{command: exec.Command(path)}
	d.command.Stderr = os.Stderr
	out, err := d.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	d.out = bufio.NewReader(out)
	if d.in, err = d.command.StdinPipe(); err != nil {
		return nil, err
	}
	return d, d.command.Start()
}

func (d *driver) stop() {
	d.in.Close()
	if err := d.command.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
	}
}

// ask for the role of a typed Pod or ConfigMap, as the API server would send it.
func (d *driver) ask(object any) (role, error) {
	var answer role
	text, err := json.Marshal(object)
	if err != nil {
		return answer, err
	}
	if _, err := d.in.Write(append(text, '\n')); err != nil {
		return answer, err
	}
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		return answer, fmt.Errorf("the driver is gone: %w", err)
	}
	return answer, json.Unmarshal(line, &answer)
}
