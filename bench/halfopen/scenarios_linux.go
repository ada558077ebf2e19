package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What the router drops. Its interfaces are called after whom they lead to; lengths are
// of IP packets: a TCP handshake has shorter ones, a TLS handshake longer ones.
var (
	toHost      = []string{"-i", "tolink"}
	toLink      = []string{"-i", "tohost"}
	all         []string
	toHostButIt = []string{"-i", "tolink", "-p", "tcp", "!", "--syn"}
	longToHost  = []string{"-i", "tolink", "-m", "length", "--length", "100:"}
	longToLink  = []string{"-i", "tohost", "-m", "length", "--length", "100:"}
)

// briefly is how long faults last that a link does not notice: the kernel sends again
// soon behind it.
const briefly = 900 * time.Millisecond

// scenarios are what the program does, in this order.
var scenarios = []scenario{
	{name: "requests lost", fault: dropping(toHost), aftermath: true},
	{name: "answers lost", fault: dropping(toLink)},
	{name: "both lost", fault: dropping(all), aftermath: true},
	{name: "both lost, TLS", fault: dropping(all), secure: true},
	{name: "requests lost, no echoes", fault: dropping(toHost), silent: true},
	{name: "TCP handshake: SYN lost", fault: dropping(toHost), restart: true},
	{name: "TCP handshake: its answer lost", fault: dropping(toLink), restart: true},
	{name: "TCP handshake: its end lost", fault: dropping(toHostButIt), restart: true},
	{name: "TLS handshake: client's hello lost", fault: dropping(longToHost), secure: true, restart: true},
	{name: "TLS handshake: server's hello lost", fault: dropping(longToLink), secure: true, restart: true},
	{name: "both lost, healed in time", fault: dropping(all), hold: briefly},
	{name: "answers lost, healed in time", fault: dropping(toLink), hold: briefly},
	{name: "NAT forgets", fault: forgetting, mends: true},
	{name: "host stopped", fault: stopping, handover: true, lateLater: true},
	{name: "host stopped, goes on in time", fault: stopping, hold: briefly},
}

// known reports whether a scenario has that in its name.
func known(part string) bool {
	return slices.ContainsFunc(scenarios, func(s scenario) bool { return strings.Contains(s.name, part) })
}

// dropping is a router that drops what matches, without a word.
func dropping(match []string) fault {
	return fault{
		begin: func(t *trial) error {
			return t.iptables(slices.Concat([]string{"-A", "FORWARD"}, match, []string{"-j", "DROP"})...)
		},
		end: func(t *trial) error { return errors.Join(t.countDropped(), t.iptables("-F", "FORWARD")) },
	}
}

// forgetting is a NAT between the two that forgets its connections, and drops what is of
// none that it knows. New connections work.
var forgetting = fault{
	prepare: func(t *trial) error {
		if _, err := in(t.site.router, "sh", "-c", "echo 0 >/proc/sys/net/netfilter/nf_conntrack_tcp_loose"); err != nil {
			return err
		}
		return errors.Join(
			t.iptables("-t", "nat", "-A", "POSTROUTING", "-o", "tohost", "-j", "MASQUERADE"),
			t.iptables("-A", "FORWARD", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP"),
			t.iptables("-P", "INPUT", "DROP"), // what the host sends to the NAT's own address
		)
	},
	begin: func(t *trial) error {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		_, err = in(t.site.router, self, "-role", "forget")
		return err
	},
	end: func(t *trial) error {
		return errors.Join(t.countDropped(),
			t.iptables("-F", "FORWARD"), t.iptables("-P", "INPUT", "ACCEPT"), t.iptables("-t", "nat", "-F"))
	},
}

func (t *trial) iptables(args ...string) error {
	_, err := in(t.site.router, append([]string{"iptables", "-w"}, args...)...)
	return err
}

// countDropped adds what the router's rules have dropped.
func (t *trial) countDropped() error {
	text, err := in(t.site.router, "iptables", "-w", "-n", "-v", "-x", "-L", "FORWARD")
	if err != nil {
		return err
	}
	n, err := dropped(text)
	t.struck += n
	return err
}

// dropped reads the packets of all rules that drop.
func dropped(text string) (sum int, err error) {
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 2 && words[2] == "DROP" {
			n, err := strconv.Atoi(words[0])
			if err != nil {
				return 0, fmt.Errorf("iptables: %w", err)
			}
			sum += n
		}
	}
	return sum, nil
}

// stopping is a host whose process stands still, and whose kernel goes on: it accepts
// connections and acknowledges what it is sent.
var stopping = fault{
	begin: func(t *trial) error {
		if err := t.host.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			return err
		}
		if eventually(t.host.stands) {
			t.struck++
		}
		return nil
	},
	end: func(t *trial) error { return t.host.cmd.Process.Signal(syscall.SIGCONT) },
}

// stands reports whether the process is stopped.
func (h *hostProcess) stands() bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.cmd.Process.Pid))
	if err != nil {
		return false
	}
	_, state, found := bytes.Cut(text, []byte(") "))
	return found && len(state) > 0 && state[0] == 'T'
}
