package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// The namespaces of a network: the link's and the host's, and a router's between them.
// Addresses are private ones that only these namespaces know.
const (
	prefix   = "halfopen-"
	linkAddr = "10.83.0.2"
	hostAddr = "10.83.1.2"
	hostPort = "8583"
)

// network is three namespaces and two cables. base begins their names, and holds the
// process id of the program that made them.
type network struct{ base string }

func (n network) link() string   { return n.base + "-link" }
func (n network) router() string { return n.base + "-router" }
func (n network) host() string   { return n.base + "-host" }

// at is a network as its link sees it.
func (n network) at() site {
	return site{within: enter(n.host()), addr: hostAddr + ":" + hostPort, router: n.router()}
}

// enter is the command that runs another one in a namespace.
func enter(namespace string) []string { return []string{"ip", "netns", "exec", namespace} }

// in runs a command in a namespace, and returns what it prints.
func in(namespace string, command ...string) (string, error) {
	return output(append(enter(namespace), command...)...)
}

func output(command ...string) (string, error) {
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, strings.Join(strings.Fields(string(out)), " "))
	}
	return string(out), nil
}

// newNetwork makes the network of this process. Whatever fails, nothing of it is left.
func newNetwork() (n network, err error) {
	n = network{prefix + strconv.Itoa(os.Getpid())}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.remove())
		}
	}()
	// The kernel may keep 64 KiB of a dead connection at either end: beyond that,
	// requests wait in the link.
	const buffers = "echo 4096 32768 65536 >/proc/sys/net/ipv4/tcp_wmem"
	for _, line := range []string{
		"ip netns add " + n.link(),
		"ip netns add " + n.router(),
		"ip netns add " + n.host(),
		"ip link add name eth0 netns " + n.link() + " type veth peer name tolink netns " + n.router(),
		"ip link add name eth0 netns " + n.host() + " type veth peer name tohost netns " + n.router(),
		"ip -n " + n.link() + " addr add " + linkAddr + "/24 dev eth0",
		"ip -n " + n.host() + " addr add " + hostAddr + "/24 dev eth0",
		"ip -n " + n.router() + " addr add 10.83.0.1/24 dev tolink",
		"ip -n " + n.router() + " addr add 10.83.1.1/24 dev tohost",
		"ip -n " + n.link() + " link set eth0 up",
		"ip -n " + n.host() + " link set eth0 up",
		"ip -n " + n.router() + " link set tolink up",
		"ip -n " + n.router() + " link set tohost up",
		"ip -n " + n.link() + " route add default via 10.83.0.1",
		"ip -n " + n.host() + " route add default via 10.83.1.1",
	} {
		if _, err := output(strings.Fields(line)...); err != nil {
			return n, err
		}
	}
	for _, set := range []struct{ namespace, line string }{
		{n.router(), "echo 1 >/proc/sys/net/ipv4/ip_forward"},
		{n.link(), buffers},
		{n.host(), buffers},
	} {
		if _, err := in(set.namespace, "sh", "-c", set.line); err != nil {
			return n, err
		}
	}
	_, err = in(n.router(), "iptables", "-w", "-S", "FORWARD")
	return n, err
}

// remove ends what still runs in the namespaces and removes them; cables go with their
// ends. It may be called for a network that is there in part only, and that another
// program removes as well.
func (n network) remove() error {
	var errs []error
	for _, name := range []string{n.link(), n.router(), n.host()} {
		if !isNamespace(name) {
			continue
		}
		if err := removeNamespace(name); err != nil && isNamespace(name) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func removeNamespace(name string) error {
	pids, err := output("ip", "netns", "pids", name)
	for pid := range strings.FieldsSeq(pids) {
		if id, err := strconv.Atoi(pid); err == nil && id != os.Getpid() {
			_ = syscall.Kill(id, syscall.SIGKILL) // it may have ended since
		}
	}
	_, deleteErr := output("ip", "netns", "delete", name)
	return errors.Join(err, deleteErr)
}

// namespaces is where ip keeps them.
const namespaces = "/run/netns/"

func isNamespace(name string) bool {
	_, err := os.Stat(namespaces + name)
	return err == nil
}

// sweep removes the networks of programs that were killed.
func sweep() error {
	found, err := filepath.Glob(namespaces + prefix + "*")
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range found {
		base := filepath.Base(path)
		base = base[:strings.LastIndex(base, "-")]
		if _, err := os.Stat("/proc/" + strings.TrimPrefix(base, prefix)); errors.Is(err, os.ErrNotExist) {
			errs = append(errs, network{base}.remove())
		}
	}
	return errors.Join(errs...)
}
