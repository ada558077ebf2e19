package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// site is where link and host live.
type site struct {
	// within is the command that runs another one where the host lives; nil: here.
	within []string
	// addr is where the host listens.
	addr string
	// router is the name of the namespace between them; empty: there is none.
	router string
}

// hostProcess is a host of this program.
type hostProcess struct {
	cmd    *exec.Cmd
	addr   string // where it listens
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

func (s site) startHost(sc scenario) (*hostProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := append(append([]string{}, s.within...), self, "-role", "host", "-addr", s.addr,
		fmt.Sprintf("-tls=%t", sc.secure), fmt.Sprintf("-handover=%t", sc.handover))
	h := &hostProcess{cmd: exec.Command(args[0], args[1:]...)}
	h.cmd.Stderr = os.Stderr
	if h.stdin, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.stdout = bufio.NewReader(stdout)
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := h.stdout.ReadString('\n')
	if err != nil {
		_ = h.stop()
		return nil, fmt.Errorf("the host does not listen: %w", err)
	}
	h.addr = strings.TrimSpace(line)
	return h, nil
}

// report asks for the host's log.
func (h *hostProcess) report() ([]logged, error) {
	if _, err := io.WriteString(h.stdin, "report\n"); err != nil {
		return nil, err
	}
	line, err := h.stdout.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the host's log: %w", err)
	}
	var log []logged
	return log, json.Unmarshal(line, &log)
}

// stop ends the process, whatever state it is in.
func (h *hostProcess) stop() error {
	if err := h.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = h.cmd.Wait() // it was killed
	return nil
}
