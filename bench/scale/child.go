package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// child is the parent's end of the host's process.
type child struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	orders  *json.Encoder
	answers *json.Decoder
	first   hostStats // what it held before it did anything, and where it listens
}

// startHost starts the host at those addresses, or at so many free ports.
func startHost(ports int, addrs []string) (*child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(program, "-role", "host", "-ports", strconv.Itoa(ports), "-listen", strings.Join(addrs, ","))}
	c.cmd.Stderr = os.Stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.orders, c.answers = json.NewEncoder(c.stdin), json.NewDecoder(stdout)
	if err := c.answers.Decode(&c.first); err != nil {
		return nil, errors.Join(fmt.Errorf("the host does not start: %w", err), c.kill())
	}
	return c, nil
}

// ask gives an order and waits for its answer. A host that does not answer is killed.
func (c *child) ask(o order) (hostStats, error) {
	watch := time.AfterFunc(2*patience, func() { _ = c.cmd.Process.Kill() })
	defer watch.Stop()
	var answer hostStats
	if err := c.orders.Encode(o); err != nil {
		return answer, fmt.Errorf("asking the host to %s: %w", o.Do, err)
	}
	if err := c.answers.Decode(&answer); err != nil {
		return answer, fmt.Errorf("the host's answer to %s: %w", o.Do, err)
	}
	if answer.Error != "" {
		return answer, fmt.Errorf("the host, asked to %s: %s", o.Do, answer.Error)
	}
	return answer, nil
}

// kill ends the process at once, as a crash does; after its end it does nothing.
func (c *child) kill() error {
	if err := c.cmd.Process.Kill(); err != nil {
		if errors.Is(err, os.ErrProcessDone) {
			return nil
		}
		return err
	}
	_ = c.cmd.Wait() // that it was killed is no news
	return nil
}

// end lets the host close, and returns what it still held then.
func (c *child) end() (hostStats, error) {
	last, err := c.ask(order{Do: askClose})
	if err != nil {
		return last, errors.Join(err, c.kill())
	}
	return last, c.cmd.Wait()
}
